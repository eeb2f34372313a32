//! Ids, persons, venues, money, refusals, cards: the words everything else speaks.
