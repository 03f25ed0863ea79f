//! Evidence as it is kept in files, one story each.
