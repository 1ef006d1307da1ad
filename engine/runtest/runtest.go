// Package runtest is for testing whatever runs on the ledger: Memory, a store
// that keeps everything in memory, and Exercise, the behaviour every store must
// show. Both carry out the rules of engine/ledger and decide nothing themselves.
//
// It may import the testing package, rapid, engine/ledger and the store seams of
// engine/pull and engine/push: never a database, and nothing but tests imports it.
package runtest
