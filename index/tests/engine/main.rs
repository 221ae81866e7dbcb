//! The index from outside: what its border promises, on a store in memory.

mod answers;
mod asked;
mod boilerplate;
mod crashes;
mod damage;
mod helpers;
mod merges;
mod recall;
mod records;
mod residency;
mod similar;
mod traces;
mod twin;
mod unite;
mod versions;
