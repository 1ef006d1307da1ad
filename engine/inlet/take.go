// Package inlet lets documents of one flow enter another: it identifies what is handed
// over, and reads what another flow has stored.
//
// It may import engine/failpoint, engine/ledger, engine/plan, engine/value and the sdk's
// leaves: never a database, a node or another side of the engine.
package inlet

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Record is a document of another flow, or a posted one, on its way in.
type Record struct {
	Body []byte
	// Own is what identifies it where it comes from.
	Own plan.Identity
	// From is what it comes from.
	From ledger.HandKey
	// NodeID is the inlet that it enters by.
	NodeID string
	// Refused is the key of a record that can't be identified; "" is one that names From.
	Refused string
}

// Take gives a record as the ledger takes it. in says what identifies it; nil leaves it
// what identifies it where it comes from. A record that can't be identified is stored as
// rejected under a key that names where it comes from.
func Take(in *plan.Inlet, r Record) ledger.Incoming {
	out := ledger.Incoming{Body: r.Body, SourceHash: hash(r.Body)}
	id, doc := r.Own, item.Of(r.Body)
	var err error
	switch {
	case doc.Kind() != item.Object:
		err = fault.New("source.row_invalid", "the record is not a JSON object").Classed(fault.Data)
	case in != nil:
		id, err = in.Identify(&value.Scope{Doc: doc, Source: doc}, r.Own)
	}
	switch {
	case err != nil:
	case strings.TrimSpace(id.Key) == "":
		err = fault.New("source.key_invalid", "the key is empty").Classed(fault.Data)
	case len(id.Key) > ledger.MaxKey:
		err = fault.New("source.key_invalid", "the key has %d bytes; at most %d are allowed", len(id.Key), ledger.MaxKey).Classed(fault.Data)
	}
	out.Key, out.Number, out.Modified = id.Key, id.Number, ledger.At(id.Modified)
	if err != nil {
		return refused(r, err)
	}
	return out
}

// refused gives a record that can't be taken.
func refused(r Record, err error) ledger.Incoming {
	way := sha256.Sum256([]byte(r.From.Way))
	return ledger.Incoming{
		Key:    cmp.Or(r.Refused, fmt.Sprintf("%s%d/%d/%d/%s", ledger.RefusedHand, r.From.Document, r.From.Rev, r.From.NodeNo, hex.EncodeToString(way[:8]))),
		Number: r.Own.Number, Modified: ledger.At(r.Own.Modified), Body: r.Body, SourceHash: hash(r.Body),
		Problem: ledger.ProblemOf(fault.From(err), r.NodeID),
	}
}

func hash(body []byte) int64 { return int64(xxhash.Sum64(body)) } //nolint:gosec // a hash has no sign
