//! `kind: log`: standard output.

use crate::report::table::object;

object! {
    pub KEYS: "Standard output, which is the function's log. It has no keys of its own.";
}
