//! Whatever the evidence holds, in whatever order.
