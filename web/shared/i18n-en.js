// The words of the citizen's app. Its keys are those of i18n-zh.js, one for one; a test holds that.
import { FIRST } from "../citizen/words-first.js";

export const EN = {
  ...FIRST.en,
  close: "Close", cancel: "Cancel", back: "Back", retry: "Try again", more: "Show more", loading: "Reading…", saved: "Saved", done: "OK", yes: "Yes",
  none_yet: "Nothing yet", offline_page: "There is no network now; come back when there is. Your code still works.", sign_in_again: "Your sign-in has ended. Sign in again to top up codes and see your records.", sign_in: "Sign in",
  // When something fails
  problem_network: "No connection", problem_network_next: "Check the network and try again; your code still works", problem_uncertain: "No answer came, so it is not certain whether it was done", problem_uncertain_next: "Press again: the same thing is never done twice",
  problem_server: "The system is busy just now", problem_server_next: "Try again in a little while", problem_human: "The staffed counter can also do it for you", problem_unknown: "That was not done",
  // The code
  just_now: "Just used", used_at: "{venue} · {time}", whose_code: "Whose code", own: "Mine", for_person: "For {name}", new_code: "A new code is shown",
  refill_done: "Topped up with new codes", refill_failed: "The top-up did not work; it tries again by itself", frozen_now: "Your code has been frozen", code_shown_again: "Your code can be shown",
  // Consent
  request_title: "Please decide", request_who: "Who asks", request_where: "Where", request_clerk: "Member of staff", request_what: "What, why and for how long", request_why: "What for",
  request_left: "{n} seconds left", request_agree: "Agree", request_refuse: "Refuse", request_agreed: "You agreed", request_refused: "You refused; nothing was shared", request_gone: "This request has expired; nothing was shared",
  request_uncertain: "No answer came. Look in your log whether anything was shared.", request_amount: "Amount", days_kept: "kept {n} days", days_none: "seen, not kept", request_basis: "Basis: {basis}", request_wait: "Working on it…", see_log: "See the log",
  // Claims
  claim_pseudonym: "An alias used at this organisation only", claim_masked_name: "Name, partly hidden", claim_age_class: "Age group", claim_at_least18: "Whether 18 or over", claim_at_least60: "Whether 60 or over", claim_full_name: "Name", claim_document_number: "Document kind and number", claim_phone: "Mobile number", claim_venue_number: "Your number at this organisation", claim_last_four: "Last four digits of the document number", claim_other: "Other: {claim}",
  // Things
  things_title: "My things", things_all: "All", things_loan: "Loans", things_bill: "Bills", things_booking: "Bookings", things_none: "Nothing here yet. What you borrow, owe or book appears here.", venues_title: "Places you can use", venue_coming: "Coming soon", start: "Start",
  due_on: "Return by {date}", booked_for: "{date}", people: "{n} people", amount: "Amount", confirm_title: "Please check", confirm_pay: "Pay {amount}", confirm_do: "Confirm: {name}", confirm_stop: "Not now", acting: "Working on it…", act_pending: "Still in progress. You may leave this page; the result goes to your log.", purse: "Purse",
  // Booking
  book_title: "Book", book_date: "Which day", book_session: "Which session", book_people: "How many people, with you", book_adults: "Adults", book_children: "Children under 14", book_left: "{n} left", book_full: "Full", book_none: "No session can be booked on this day", less: "Fewer", add: "More", book_go: "Book", choose: "Please choose",
  // The log
  log_title: "Log of uses", log_lead: "Who saw your data, and when. Nobody can change or delete it. It holds which fields were seen, never what they said.", log_none: "Nothing has been used yet.", log_released: "What was shared", log_operator: "Staff: {name}", log_nothing_released: "Nothing was shared", receipt: "Receipt", log_done: "Done", log_presented: "Code shown", log_refused: "Not done", log_asked: "Asked for consent", log_staff_read: "Seen by staff", log_device: "Phone and freezing", log_other: "Other",
  // Me
  account_title: "Me", consents: "Standing consents", consents_lead: "What you agreed to once and are not asked again. You can end it at any time.", consents_none: "There are no standing consents.", consent_given: "Agreed on {date}", consent_end: "End it", consent_ended: "Ended",
  devices: "Phone and freezing", device_this: "This phone is in use", device_other: "In use on another phone", device_none: "No phone is in use yet", device_since: "Since {date}", device_take: "Use this phone", device_take_text: "Once you move your code here, the codes on the other phone stop at once.", device_taken: "Your code is on this phone now",
  freeze: "Freeze my code", freeze_text: "If your phone is lost or something seems wrong, freeze first. Then nobody can use your code; you can unfreeze at any time.", unfreeze: "Unfreeze", freeze_sure: "Your code stops at once, until you unfreeze it.", frozen_done: "Frozen", unfrozen_done: "Unfrozen",
  settings: "Settings", language: "Language", size: "Text size", size_plain: "Standard", size_large: "Large", size_largest: "Very large", sign_out: "Sign out", sign_out_text: "The codes on this phone are then removed, and you have to sign in again.", signed_out: "Signed out", storage: "Codes on this phone", storage_until: "Until {until}, {n} in all", storage_none: "None", install: "Install on the home screen", install_do: "Install", top_up: "Top up now",
  help: "Help", help_call: "Call 12345", help_show: "How do I show my code?", help_show_text: "Open the app and let staff scan. If it will not scan, brighten the screen, or tap the bar code to enlarge it and let staff type the digits.", help_offline: "Does it work without network?", help_offline_text: "Yes. The phone holds codes for a day and reserves for seven days, and tops up by itself when online.", help_lost: "I lost my phone", help_lost_text: "Sign in on another phone, then freeze under “Phone and freezing”, or move to the new phone at once: the codes on the old one stop.", help_privacy: "Does the code show who I am?", help_privacy_text: "No. It holds no name and no document number, and it changes every few seconds. A venue sees only what the matter needs, and all of it is in your log.", help_screenshot: "May I send a screenshot?", help_screenshot_text: "Do not. It is void within seconds, and sending it asks someone else to act for you.", help_person: "I want a person to help", help_person_text: "Every venue has a staffed counter that serves you with your identity document.",
  // Forms
  field_required: "Please fill in “{name}”", field_optional: " (optional)", pieces_hint: "Put a space or a new line between bar codes", amount_hint: "In yuan",
};
