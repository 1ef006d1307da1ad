package ledgerstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// CommitIntents implements deliver.Store.
func (s *Store) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	ids, err := s.reserve(ctx, len(commit.Rows)+2)
	if err != nil {
		return ledger.IntentResult{}, err
	}
	// Bodies are compressed before the transaction, which others wait for.
	bodies := &ledgerrow.Packs{Workspace: commit.Workspace, Kind: "request", Now: commit.Now, NextID: ids()}
	at := make([]ledgerrow.Address, len(commit.Rows))
	for n, in := range commit.Rows {
		at[n] = bodies.Add(in.Body)
	}
	bodies.Seal()
	var result ledger.IntentResult
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		work, err := s.claimed(tx, commit.Claim)
		if err != nil {
			return err
		}
		i := &intents{Store: s, commit: commit, flow: work.Flow, taken: map[int]ledger.DeliveryKey{}, bodies: bodies, at: at}
		if err := i.run(tx); err != nil {
			return err
		}
		result = ledger.IntentResult{Taken: i.taken}
		return nil
	})
	return result, err
}

// intents is one CommitIntents.
type intents struct {
	*Store
	commit ledger.IntentCommit
	flow   ledger.ID
	onFile map[ledger.DeliveryKey]stored
	owners map[target]ledger.DeliveryKey
	taken  map[int]ledger.DeliveryKey
	bodies *ledgerrow.Packs
	// at are the addresses of the rows' bodies.
	at []ledgerrow.Address

	rows, history [][]any
	// keys are the target keys that are taken here, kept those that were owned before.
	keys, kept [][]any
}

// target is a key in the target system.
type target struct {
	connection    ledger.ID
	resource, key string
}

func (i *intents) run(tx *gorm.DB) error {
	var err error
	keys := make([]ledger.DeliveryKey, len(i.commit.Rows))
	for n, in := range i.commit.Rows {
		keys[n] = in.DeliveryKey
	}
	if i.onFile, err = i.onRecord(tx, keys, deliveryColumns, scanDelivery); err != nil {
		return err
	}
	if i.owners, err = i.ownersOf(tx, i.commit.Rows); err != nil {
		return err
	}
	for n, in := range i.commit.Rows {
		if err := i.intend(n, in); err != nil {
			return err
		}
	}
	if err := i.bodies.Write(tx, i.sql); err != nil {
		return err
	}
	history := deliveryTable()
	history.Name, history.Key = "delivery_history", "document_id,node_no,part,rev"
	if err := i.sql.Put(tx, history, i.history); err != nil {
		return err
	}
	if err := i.sql.Put(tx, deliveryTable(), i.rows); err != nil {
		return err
	}
	// Inserted, never put: where another worker takes the key at this moment the
	// transaction is repeated and finds its owner.
	if err := i.sql.Insert(tx, keyTable(), i.keys); err != nil {
		return err
	}
	if err := i.sql.Put(tx, keyTable(), i.kept); err != nil {
		return err
	}
	nodes := map[ledger.ID]int{}
	for _, in := range i.commit.Rows {
		nodes[in.Call] = in.NodeNo
	}
	calls := make([][]any, len(i.commit.Calls))
	for n, c := range i.commit.Calls {
		calls[n] = callRow(c, i.commit.Claim.Fence, ledger.DeliverySending, i.flow, nodes[c.ID])
	}
	return i.sql.Insert(tx, callTable(), calls)
}

func (i *intents) intend(n int, in ledger.Intent) error {
	on, recorded := i.onFile[in.DeliveryKey]
	at := target{in.Connection, store.Cut(in.Resource, 190), in.Key}
	owner, owned := i.owners[at]
	taken := in.Owned && owned && owner != in.DeliveryKey
	var record *ledger.Delivery
	if recorded {
		record = &on.Delivery
	}
	next, err := rules.Intend(record, in, taken, i.commit.Now)
	if failpoint.Wrong(failpoint.LateResult) && err != nil {
		next, err = ledger.Delivery{
			DeliveryKey: in.DeliveryKey, Rev: in.Rev, Version: in.Version, Connection: in.Connection, Resource: in.Resource, Key: in.Key,
			State: ledger.DeliverySending, Attempt: in.Attempt, Call: in.Call, Updated: i.commit.Now, Body: in.Body,
		}, nil
	}
	if err != nil {
		return err
	}
	row := stored{Delivery: next, workspace: i.commit.Workspace, rowNo: in.RowNo, body: on.body, response: on.response}
	if in.Body != nil {
		row.body = i.at[n]
	}
	if recorded && on.Rev != in.Rev {
		i.history = append(i.history, deliveryRow(on))
		row.response = ledgerrow.Address{}
	}
	i.onFile[in.DeliveryKey] = row
	i.rows = append(i.rows, deliveryRow(row))
	switch {
	case taken:
		i.taken[n] = owner
	case in.Owned:
		i.owners[at] = in.DeliveryKey
		row := []any{in.Connection, at.resource, in.Key, in.Document, in.NodeNo, in.Part, next.State}
		if owned {
			i.kept = append(i.kept, row)
		} else {
			i.keys = append(i.keys, row)
		}
	}
	return nil
}

// onRecord reads, and locks, columns of the deliveries of keys.
func (s *Store) onRecord(tx *gorm.DB, keys []ledger.DeliveryKey, columns string, scan func(*sql.Rows) (stored, error)) (map[ledger.DeliveryKey]stored, error) {
	wanted := make(map[ledger.DeliveryKey]bool, len(keys))
	var docs []ledger.ID
	for _, k := range keys {
		wanted[k] = true
		if len(docs) == 0 || docs[len(docs)-1] != k.Document {
			docs = append(docs, k.Document)
		}
	}
	found := make(map[ledger.DeliveryKey]stored, len(keys))
	err := store.Chunks(docs, func(ids []ledger.ID) error {
		rows, err := store.Scan(tx, scan, "SELECT "+columns+" FROM delivery WHERE document_id IN "+store.In(len(ids))+s.sql.ForUpdate(), store.Args(nil, ids...)...)
		for _, d := range rows {
			if wanted[d.DeliveryKey] {
				found[d.DeliveryKey] = d
			}
		}
		return err
	})
	return found, err
}

// ownersOf reads, and locks, who owns the keys that the rows ask for.
func (s *Store) ownersOf(tx *gorm.DB, rows []ledger.Intent) (map[target]ledger.DeliveryKey, error) {
	owners := map[target]ledger.DeliveryKey{}
	groups := map[target][]string{}
	for _, in := range rows {
		if in.Owned {
			g := target{connection: in.Connection, resource: store.Cut(in.Resource, 190)}
			groups[g] = append(groups[g], in.Key)
		}
	}
	for g, keys := range groups {
		err := store.Chunks(keys, func(keys []string) error {
			_, err := store.Scan(tx, func(row *sql.Rows) (owner ledger.DeliveryKey, err error) {
				at := g
				if err = row.Scan(&at.key, &owner.Document, &owner.NodeNo, &owner.Part); err == nil {
					owners[at] = owner
				}
				return owner, err
			}, "SELECT target_key, document_id, node_no, part FROM target_key WHERE connection_id = ? AND resource = ? AND target_key IN "+store.In(len(keys))+s.sql.ForUpdate(),
				store.Args([]any{g.connection, g.resource}, keys...)...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return owners, nil
}
