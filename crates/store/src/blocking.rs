//! Waiting for a unit of work on the calling thread.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tongma_domain::Bucket;

use crate::{Store, StoreError, Txn};

/// Runs a unit of work in a bucket and waits until it is durable; gives what the function gave in its last run.
///
/// For tests, tools and the simulator. It must not be called from a callback of the store, which would wait for itself.
///
/// # Errors
/// [`StoreError`] of the function or the engine; [`StoreError::Unavailable`] when the store was closed meanwhile.
pub fn run_blocking<T, F>(store: &dyn Store, bucket: Bucket, mut work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnMut(&mut dyn Txn) -> Result<T, StoreError> + Send + 'static,
{
    let given = Arc::new(Mutex::new(None));
    let give = Arc::clone(&given);
    let (tell, told) = mpsc::sync_channel(1);
    let unit = move |txn: &mut dyn Txn| {
        let value = work(txn)?;
        *give.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    };
    // A receiver that is gone is this function having returned, which it does not before it was told.
    store.submit(bucket, Box::new(unit), Box::new(move |result| drop(tell.send(result))));
    let closed = || StoreError::Unavailable("the store was closed".into());
    told.recv().map_err(|_| closed())??;
    given.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(closed)
}
