// Package push takes documents from the ledger through the nodes of their flow:
// it claims work, walks the nodes in topological order in memory and ends in
// deliveries. A walk is a replay: whatever was recorded is used again.
//
// It may import engine/deliver, engine/ledger, engine/plan, engine/value and the
// sdk: never a database, a connector process or engine/pull.
package push
