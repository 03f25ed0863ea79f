//! Long texts, line by line as they come.

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;

use super::{Api, ApiError};

/// Of a longer line the rest is left out.
const LONGEST_LINE: usize = 16 << 10;

impl Api {
    /// Reads a text line by line and keeps none of it; returns its size in bytes. Of lines beyond 16 KiB the rest is
    /// left out, and what is not UTF-8 is replaced. The caller sets a limit of time.
    ///
    /// # Errors
    ///
    /// The API server's refusal, and a connection that is cut. It is not tried again: lines would come twice.
    pub async fn lines(&self, path: &str, mut each: impl FnMut(&str) + Send) -> Result<u64, ApiError> {
        let mut body = self.send(&Method::GET, path, &Bytes::new()).await?.into_body();
        let (mut line, mut size) = (Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame.map_err(|error| self.unreachable(&error.to_string()))?.into_data() else {
                continue;
            };
            size += bytes.len() as u64;
            for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                let room = LONGEST_LINE - line.len();
                line.extend_from_slice(&part[..part.len().min(room)]);
                if part.ends_with(b"\n") {
                    each(String::from_utf8_lossy(&line).trim_end());
                    line.clear();
                }
            }
        }
        if !line.is_empty() {
            each(String::from_utf8_lossy(&line).trim_end());
        }
        Ok(size)
    }
}
