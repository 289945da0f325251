use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Scope;
use super::file::{KeyFile, KeyRecord, decode, hash, parts};

/// The keys in force.
#[derive(Default)]
pub(crate) struct Keys {
    keys: HashMap<String, Arc<Key>>,
}

pub(crate) struct Key {
    pub(crate) id: String,
    hash: [u8; 32],
    scopes: BTreeSet<Scope>,
    rate: Option<DefaultDirectRateLimiter>,
    running: Option<Arc<Semaphore>>,
}

impl Keys {
    pub(crate) fn new(file: &KeyFile) -> Keys {
        Keys { keys: file.keys.iter().map(|key| (key.id.clone(), Arc::new(Key::new(key)))).collect() }
    }

    /// The key that a client sent, where it is one.
    pub(crate) fn find(&self, sent: &str) -> Option<Arc<Key>> {
        let (id, secret) = parts(sent)?;
        let key = self.keys.get(id)?;
        bool::from(key.hash.ct_eq(&hash(secret))).then(|| Arc::clone(key))
    }
}

impl Key {
    fn new(record: &KeyRecord) -> Key {
        let rate = record.requests_per_minute.and_then(NonZeroU32::new);
        Key {
            id: record.id.clone(),
            // A file with another hash was refused when it was loaded.
            hash: decode(&record.sha256).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default(),
            scopes: record.scopes.clone(),
            rate: rate.map(|rate| RateLimiter::direct(Quota::per_minute(rate))),
            running: record.concurrent.map(|limit| Arc::new(Semaphore::new(limit as usize))),
        }
    }

    pub(crate) fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// A place among the key's requests, or when to come back.
    pub(crate) fn enter(&self) -> Result<Option<OwnedSemaphorePermit>, Duration> {
        if let Some(rate) = &self.rate {
            rate.check().map_err(|until| until.wait_time_from(DefaultClock::default().now()))?;
        }
        match &self.running {
            None => Ok(None),
            Some(running) => {
                Arc::clone(running).try_acquire_owned().map(Some).map_err(|_| Duration::from_secs(1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::NewKey;
    use super::*;

    fn keys(scopes: &[Scope], rate: Option<u32>, concurrent: Option<u32>) -> (Keys, String) {
        let mut file = KeyFile::default();
        let key = file.add(NewKey {
            name: "test".into(),
            scopes: scopes.iter().copied().collect(),
            requests_per_minute: rate,
            concurrent,
        });
        (Keys::new(&file), key)
    }

    #[test]
    fn only_the_key_itself_opens() {
        let (keys, key) = keys(&[Scope::Ask], None, None);
        let found = keys.find(&key).unwrap();
        assert!(found.allows(Scope::Ask) && !found.allows(Scope::Check) && !found.allows(Scope::Graph));
        let (id, secret) = parts(&key).unwrap();
        for wrong in [
            String::new(),
            id.into(),
            format!("ts-{id}-"),
            format!("ts-{id}-{}0", &secret[1..]),
            format!("{key} "),
        ] {
            assert!(keys.find(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn rate_and_concurrency_are_the_keys_own() {
        let (keys, key) = keys(&[Scope::Admin], Some(2), None);
        let found = keys.find(&key).unwrap();
        assert!(found.allows(Scope::Graph));
        assert!(found.enter().is_ok() && found.enter().is_ok());
        assert!(found.enter().unwrap_err() > Duration::from_secs(20));

        let (keys, key) = self::keys(&[Scope::Ask], None, Some(1));
        let found = keys.find(&key).unwrap();
        let place = found.enter().unwrap();
        assert!(found.enter().is_err());
        drop(place);
        assert!(found.enter().is_ok());
    }
}
