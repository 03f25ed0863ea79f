//! The certificate authorities of the scripted servers, and what a transport needs of them.

use std::path::Path;

use super::world::HOST;
use crate::registry::transport::Roots;

#[path = "../../../../tests/support/scripted/pki.rs"]
mod shared;

pub use shared::{Ca, Identity};

/// What a transport's tests need of an authority.
pub trait Trusted {
    /// A certificate for [`HOST`] that is valid now.
    fn sound(&self) -> Identity;
    /// Roots with this one alone.
    fn roots(&self) -> Roots;
}

impl Trusted for Ca {
    fn sound(&self) -> Identity {
        self.issue(HOST, shared::NOW)
    }

    fn roots(&self) -> Roots {
        roots(&self.pem())
    }
}

fn roots(pem: &str) -> Roots {
    let mut roots = Roots::none();
    roots.add_pem(pem.as_bytes(), Path::new("test")).expect("a root");
    roots
}

/// `openssl req -x509`: its own CA, for [`HOST`].
pub fn self_signed_ca() -> (Identity, Roots) {
    let (identity, pem) = shared::self_signed_ca(HOST);
    (identity, roots(&pem))
}
