package runtest

import "github.com/karezflow/karez/engine/runtest/worldtest"

// Store is the whole seam between the engine and a database.
type Store = worldtest.Store

// Runs keep executions of flows.
type Runs = worldtest.Runs

// Inspector reads the ledger for people and checks.
type Inspector = worldtest.Inspector

// Repairer carries out what people do about documents.
type Repairer = worldtest.Repairer

// Historian reads what deliveries were before a newer revision of their document
// was written. Every store must offer it.
type Historian = worldtest.Historian
