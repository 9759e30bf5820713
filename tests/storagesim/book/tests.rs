//! What the book holds against the order of an idempotent producer's records.

use super::{Book, Promise, Uuid};

const DAMAGE: &str = "topic t partition 0: offsets 0 to 0 are damaged in storage (CRC-32C is 0x1, \
    the batch says 0x2); reading goes on at offset 1";

/// A book of one topic to which one idempotent producer sent so many records.
fn book(records: usize) -> Book {
    let mut book = Book::default();
    book.created("t", Uuid::default(), 1, Promise::default());
    for _ in 0..records {
        book.sending(("t", 0), (0, true), (None, None), 0);
    }
    book
}

#[test]
fn what_was_damaged_may_be_sent_again_behind_what_followed_it() {
    // Whether it could be read at its first place after all, or not.
    for read in [true, false] {
        let mut book = book(3);
        book.reported(DAMAGE);
        if read {
            book.place(0, 0, 0, "served");
        }
        book.acknowledged(1, 1);
        book.acknowledged(0, 2);
        book.acknowledged(2, 3);
    }
}

#[test]
#[should_panic(expected = "t-0 at 2: record 1 is out of order: record 2 is at 1")]
fn what_was_damaged_is_no_excuse_for_others() {
    let mut book = book(3);
    book.reported(DAMAGE);
    book.acknowledged(0, 0);
    book.acknowledged(2, 1);
    book.acknowledged(1, 2);
}

#[test]
#[should_panic(expected = "t-0 at 1: record 0 is out of order: record 1 is at 0")]
fn damage_behind_both_is_no_excuse() {
    let mut book = book(2);
    book.reported(&DAMAGE.replace("0 to 0", "2 to 2"));
    book.acknowledged(1, 0);
    book.acknowledged(0, 1);
}

#[test]
#[should_panic(expected = "t-0 at 1: record 0 is out of order: record 1 is at 0")]
fn records_come_in_the_order_in_which_they_were_sent() {
    let mut book = book(2);
    book.acknowledged(1, 0);
    book.acknowledged(0, 1);
}
