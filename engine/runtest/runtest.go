// Package runtest is for testing whatever runs on the ledger: Memory, a store
// that keeps everything in memory, and Exercise, the behaviour every store must
// show, whose scenarios are in pulltest, pushtest, repairtest and chaostest. They carry out the rules of
// engine/ledger and decide nothing themselves. Memory's tables, groups and look-ups are
// packages of their own under internal.
//
// It may import the testing package, engine/ledger, its rules and the packages below it:
// never a database, and nothing but tests imports it.
package runtest
