//! Text that must not be seen.

/// A credential. It cannot be printed or serialised; who needs it calls [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes charge of a credential.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The credential itself, for the one request that it is for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}
