package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

const optionNames = "keys group writers outcome covered send owned bad checkpoint cache pagesize level"

// variant is a schema (the migration plus DDL of its own) and the way of
// writing to it.
type variant struct {
	name string
	// ddl runs after the migration, by dialect.
	ddl map[string][]string
	// hashed says that the key's hash is compared in place of the key.
	hashed bool

	keys       payload.Order
	group      int    // pages per commit
	writers    int    // concurrent sessions; 1 on SQLite
	outcome    string // how T3 writes per-row values: "case", "values", or whole rows by "put"
	covered    string // how a work row's documents are found: by their "ids", by "work" alone, within the "run"
	send       string // MariaDB: "text" with the values in it, or "prepared" once
	owned      bool   // take ownership rows in target_key
	bad        int    // rejected documents per 100
	checkpoint int    // SQLite wal_autocheckpoint, pages
	cache      int    // SQLite cache_size, MiB
	pagesize   int    // SQLite page_size, bytes
	level      int    // zstd: 1 fastest, 2 default
}

// schemas lists what is compared. "chosen" is the migration as it stands.
func schemas() map[string]map[string][]string {
	return map[string]map[string][]string{
		"chosen": {},
		// The unique index over a hash of the key, in place of the key.
		"hash": {
			"sqlite": {
				"DROP INDEX document_key",
				"ALTER TABLE document ADD COLUMN key_hash INTEGER NOT NULL DEFAULT 0",
				"CREATE UNIQUE INDEX document_key ON document (stream_id, key_hash)",
			},
			"mysql": {"ALTER TABLE document DROP KEY document_key, ADD COLUMN key_hash BIGINT NOT NULL DEFAULT 0, ADD UNIQUE KEY document_key (stream_id, key_hash)"},
		},
		// One more index, over the state that every commit moves.
		"state": {
			"sqlite": {"CREATE INDEX document_state ON document (stream_id, state)"},
			"mysql":  {"ALTER TABLE document ADD KEY document_state (stream_id, state)"},
		},
		// Rows clustered by (stream, key), ids in a unique index.
		"keypk": {
			"sqlite": {rebuildClustered},
			"mysql":  {"ALTER TABLE document DROP PRIMARY KEY, DROP KEY document_key, ADD PRIMARY KEY (stream_id, doc_key), ADD UNIQUE KEY document_id (id)"},
		},
		// Deliveries as an ordinary rowid table with the key beside it.
		"rowid": {
			"sqlite": {rebuildDelivery},
			"mysql":  {"ALTER TABLE delivery DROP PRIMARY KEY, ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, ADD UNIQUE KEY delivery_key (document_id, node_no, part)"},
		},
		// What an index costs: the chosen schema without it.
		"nonumber": {
			"sqlite": {"DROP INDEX document_number", "DROP INDEX delivery_number"},
			"mysql":  {"ALTER TABLE document DROP KEY document_number", "ALTER TABLE delivery DROP KEY delivery_number"},
		},
		"norun": {
			"sqlite": {"DROP INDEX document_run"},
			"mysql":  {"ALTER TABLE document DROP KEY document_run"},
		},
		"lease": {
			"sqlite": {"CREATE INDEX work_lease ON work (lease_until)"},
			"mysql":  {"ALTER TABLE work ADD KEY work_lease (lease_until)"},
		},
		// Documents found by their work row, an index that every commit moves too.
		"workindex": {
			"sqlite": {"CREATE INDEX document_work ON document (work_id) WHERE work_id > 0"},
			"mysql":  {"ALTER TABLE document ADD KEY document_work (work_id)"},
		},
		"stream": {
			"sqlite": {"CREATE INDEX document_stream ON document (stream_id)"},
			"mysql":  {"ALTER TABLE document ADD KEY document_stream (stream_id)"},
		},
		// Undelivered rows in the index too, as a database without partial
		// indexes has them.
		"fullnumber": {
			"sqlite": {"DROP INDEX delivery_number", "CREATE INDEX delivery_number ON delivery (workspace_id, target_number)"},
			"mysql":  {},
		},
	}
}

// SQLite can't change a primary key; the migrated table is still empty.
const rebuildClustered = `DROP TABLE document;
CREATE TABLE document (
  id INTEGER NOT NULL, workspace_id INTEGER NOT NULL, stream_id INTEGER NOT NULL, doc_key TEXT NOT NULL, number TEXT NOT NULL,
  latest_rev INTEGER NOT NULL, active_rev INTEGER NOT NULL, done_rev INTEGER NOT NULL DEFAULT 0, src_hash INTEGER NOT NULL,
  modified_at INTEGER NOT NULL, state INTEGER NOT NULL, attention INTEGER NOT NULL DEFAULT 0, work_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL, version_id INTEGER NOT NULL, window_id INTEGER NOT NULL, pack_id INTEGER NOT NULL, pack_no INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (stream_id, doc_key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX document_id ON document (id);
CREATE INDEX document_number ON document (workspace_id, number);
CREATE INDEX document_run ON document (run_id, id)`

const rebuildDelivery = `DROP TABLE delivery;
CREATE TABLE delivery (
  document_id INTEGER NOT NULL, node_no INTEGER NOT NULL, part INTEGER NOT NULL, workspace_id INTEGER NOT NULL, rev INTEGER NOT NULL,
  version_id INTEGER NOT NULL, connection_id INTEGER NOT NULL, resource TEXT NOT NULL, target_key TEXT NOT NULL, state INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0, call_id INTEGER NOT NULL DEFAULT 0, row_no INTEGER NOT NULL DEFAULT 0,
  req_pack INTEGER NOT NULL DEFAULT 0, req_no INTEGER NOT NULL DEFAULT 0, resp_pack INTEGER NOT NULL DEFAULT 0, resp_no INTEGER NOT NULL DEFAULT 0,
  probe_absent INTEGER NOT NULL DEFAULT 0, steps_done INTEGER NOT NULL DEFAULT 0, target_id TEXT NOT NULL DEFAULT '', target_number TEXT,
  writeback TEXT, code TEXT NOT NULL DEFAULT '', message TEXT, next_at INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_key ON delivery (document_id, node_no, part);
CREATE INDEX delivery_number ON delivery (workspace_id, target_number) WHERE target_number IS NOT NULL`

func variantNames() []string { return slices.Sorted(maps.Keys(schemas())) }

// parseVariant reads NAME[:option=value…]; the name stays the label.
func parseVariant(text, keys string) (variant, error) {
	name, rest, _ := strings.Cut(text, ":")
	ddl, ok := schemas()[name]
	if !ok {
		return variant{}, fmt.Errorf("no variant %q; there are %s", name, strings.Join(variantNames(), ", "))
	}
	v := variant{
		name: text, ddl: ddl, hashed: name == "hash",
		group: 1, writers: 1, outcome: "case", covered: "ids", send: "prepared", bad: 1, checkpoint: 4000, cache: 64, pagesize: 4096, level: 1,
	}
	if name == "workindex" {
		v.covered = "work"
	}
	options := "keys=" + keys
	if rest != "" {
		options += ":" + rest
	}
	for option := range strings.SplitSeq(options, ":") {
		key, value, _ := strings.Cut(option, "=")
		if err := v.set(key, value); err != nil {
			return v, fmt.Errorf("variant %q, option %q: %w", text, option, err)
		}
	}
	return v, nil
}

func (v *variant) set(key, value string) error {
	numbers := map[string]*int{
		"group": &v.group, "writers": &v.writers, "bad": &v.bad, "checkpoint": &v.checkpoint,
		"cache": &v.cache, "pagesize": &v.pagesize, "level": &v.level,
	}
	words := map[string]struct {
		at      *string
		allowed []string
	}{
		"outcome": {&v.outcome, []string{"case", "values", "put"}},
		"covered": {&v.covered, []string{"ids", "work", "run"}},
		"send":    {&v.send, []string{"text", "prepared"}},
		"keys":    {(*string)(&v.keys), []string{string(payload.Ascending), string(payload.UUIDKeys), string(payload.AllRandom)}},
	}
	if at, ok := numbers[key]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n == 0 && key != "bad" || key == "bad" && n >= payload.PageSize {
			return fmt.Errorf("%q is not a count that fits", value)
		}
		*at = n
		return nil
	}
	if word, ok := words[key]; ok {
		if !slices.Contains(word.allowed, value) {
			return fmt.Errorf("%q is none of %v", value, word.allowed)
		}
		*word.at = value
		return nil
	}
	if key == "owned" {
		v.owned = true
		return nil
	}
	return fmt.Errorf("no such option; there are %s", optionNames)
}
