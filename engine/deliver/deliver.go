// Package deliver writes to targets: intents are committed before the first byte
// leaves, answers are matched to rows, and what happens after a lost answer
// follows the class that the connector's manifest declares.
//
// It may import engine/ledger, engine/plan, engine/value and the sdk: never a
// database or a connector process.
package deliver
