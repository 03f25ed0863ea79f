//! The ServiceAccounts of workloads.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use super::lists::{Fold, List, outcome_of};
use super::owners::{self, Marks};
use super::{TOGETHER, wire};
use crate::api::{Api, ApiError, path};
use crate::collect::ambient::ambient;
use crate::collect::identity::names;
use crate::evidence::Outcome;
use crate::evidence::workloads::{ServiceAccount, ServiceAccountSeen};
use crate::text::Clean;

/// So many are read one by one; of more, all of the scope are listed.
const ONE_BY_ONE: usize = 16;
/// So many are tried one by one where listing them is refused.
const AT_MOST: usize = 256;

/// Namespace and name.
type Key = (String, String);

/// Those that are wanted, of a list.
struct Wanted<'w> {
    wanted: &'w BTreeSet<Key>,
    seen: BTreeMap<Key, ServiceAccountSeen>,
}

impl Fold for Wanted<'_> {
    type Item<'a> = wire::ServiceAccount;

    fn add(&mut self, account: wire::ServiceAccount) -> Result<(), serde_json::Error> {
        let key = (account.metadata.namespace.clone(), account.metadata.name.clone());
        if self.wanted.contains(&key) {
            self.seen.insert(key, seen(&account));
        }
        Ok(())
    }
}

/// Reads the ServiceAccounts that workloads name, and says how that went as a whole.
pub(super) async fn read(
    api: &Api,
    namespace: &str,
    wanted: &BTreeSet<Key>,
) -> (Vec<ServiceAccount>, Outcome<u64>) {
    if wanted.len() <= ONE_BY_ONE {
        return one_by_one(api, wanted).await;
    }
    let list = List::of("service accounts", "v1", namespace, "serviceaccounts");
    let listed = list.fold(api, || Wanted { wanted, seen: BTreeMap::new() }).await;
    if listed.error.as_ref().is_some_and(|error| error.code() == Some(403)) && wanted.len() <= AT_MOST {
        return one_by_one(api, wanted).await;
    }
    let outcome = listed.outcome();
    let whole = listed.is_whole();
    let mut seen = listed.state.seen;
    let of = |key: &Key| match seen.remove(key) {
        Some(value) => account(key, Outcome::Seen { value }),
        None if whole => account(key, Outcome::Absent { message: Clean::new("there is none of that name") }),
        None => account(key, unread(&outcome)),
    };
    (wanted.iter().map(of).collect(), outcome)
}

fn unread(list: &Outcome<u64>) -> Outcome<ServiceAccountSeen> {
    match list {
        Outcome::Denied { status, message } => Outcome::Denied { status: *status, message: message.clone() },
        Outcome::Failed { step, message } => Outcome::Failed { step: *step, message: message.clone() },
        _ => super::lists::not_read("it was not read"),
    }
}

async fn one_by_one(api: &Api, wanted: &BTreeSet<Key>) -> (Vec<ServiceAccount>, Outcome<u64>) {
    let reading = wanted.iter().map(|key| async move {
        let path = path::named(&path::core(&key.0, "serviceaccounts"), &key.1);
        let answer: Result<wire::ServiceAccount, ApiError> = api.get("service account", &path).await;
        match answer {
            Ok(found) => account(key, Outcome::Seen { value: seen(&found) }),
            Err(error) => account(key, outcome_of(&error)),
        }
    });
    let accounts: Vec<ServiceAccount> = stream::iter(reading).buffered(TOGETHER).collect().await;
    let outcome = super::together(accounts.iter().map(|account| account.outcome.clone()));
    (accounts, outcome)
}

fn account((namespace, name): &Key, outcome: Outcome<ServiceAccountSeen>) -> ServiceAccount {
    ServiceAccount {
        id: format!("serviceaccount/{namespace}/{name}"),
        namespace: namespace.clone(),
        name: name.clone(),
        outcome,
    }
}

pub(super) fn seen(account: &wire::ServiceAccount) -> ServiceAccountSeen {
    ServiceAccountSeen {
        pull_secrets: names(&account.image_pull_secrets),
        ambient: ambient(&account.metadata.annotations),
        owners: owners::of(&Marks::of(&account.metadata)),
    }
}
