//! Values on their way to the server.

use std::borrow::Cow;
use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value of one of the four types that the tables have, or many of one type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Param<'a> {
    Small(i16),
    Big(i64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Smalls(Vec<i16>),
    Bigs(Vec<i64>),
    Texts(Vec<String>),
    ManyBytes(Vec<Vec<u8>>),
}

impl Param<'_> {
    /// The same value with its own bytes.
    pub fn owned(&self) -> Param<'static> {
        match self {
            Self::Small(number) => Param::Small(*number),
            Self::Big(number) => Param::Big(*number),
            Self::Text(text) => Param::Text(Cow::Owned(text.as_ref().to_owned())),
            Self::Bytes(bytes) => Param::Bytes(Cow::Owned(bytes.as_ref().to_owned())),
            Self::Smalls(numbers) => Param::Smalls(numbers.clone()),
            Self::Bigs(numbers) => Param::Bigs(numbers.clone()),
            Self::Texts(texts) => Param::Texts(texts.clone()),
            Self::ManyBytes(bytes) => Param::ManyBytes(bytes.clone()),
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Small(number) => number.to_sql(ty, out),
            Self::Big(number) => number.to_sql(ty, out),
            Self::Text(text) => text.as_ref().to_sql(ty, out),
            Self::Bytes(bytes) => bytes.as_ref().to_sql(ty, out),
            Self::Smalls(numbers) => numbers.to_sql(ty, out),
            Self::Bigs(numbers) => numbers.to_sql(ty, out),
            Self::Texts(texts) => texts.to_sql(ty, out),
            Self::ManyBytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        let arrays = [Type::INT2_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::BYTEA_ARRAY];
        [Type::INT2, Type::INT8, Type::TEXT, Type::BYTEA].contains(ty) || arrays.contains(ty)
    }

    to_sql_checked!();
}

impl From<i16> for Param<'_> {
    fn from(number: i16) -> Self {
        Self::Small(number)
    }
}

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Self::Big(number)
    }
}

impl From<u64> for Param<'_> {
    /// A place or a version. Beyond 63 bits there is nothing to be found, so the nearest will do.
    fn from(number: u64) -> Self {
        Self::Big(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Param<'_> {
    fn from(number: usize) -> Self {
        Self::Big(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<tongma_domain::Bucket> for Param<'_> {
    fn from(bucket: tongma_domain::Bucket) -> Self {
        Self::Small(bucket.number().cast_signed())
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Param<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Param<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

/// A list of values.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::param::Param::from($value)),*] };
}

pub(crate) use params;
