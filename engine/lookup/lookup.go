// Package lookup answers what programs ask of other documents and of code tables:
// many questions at once, from an index of the fields that published flows look
// into, with a cache in front.
//
// It may import engine/ledger and the sdk only: never a database, a session, a node type
// or another engine package.
package lookup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Store reads the index of look-ups and the code tables. Each method is one consistent read.
type Store interface {
	// LookupStream gives what the source node of a flow, named by its public id, is
	// indexed by; false when the workspace has no such flow. One that never ran has
	// no documents, and what is looked for in it is waited for.
	LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (Stream, bool, error)
	// LookupRows gives, for the field with the number, the indexed rows of each of the
	// values (see Place), the newest document first.
	LookupRows(ctx context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error)
	// LookupCount counts the documents of LookupRows for one value, but no more than most.
	LookupCount(ctx context.Context, stream ledger.ID, field int, value string, most int) (int, error)
	// CodeTable gives a table by its name; false when the workspace has none.
	CodeTable(ctx context.Context, workspace ledger.ID, name string) (Table, bool, error)
	// Codes gives the other sides of codes of a table: targets, or with reverse
	// sources in their order.
	Codes(ctx context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error)
}

// Stream is an indexed stream.
type Stream struct {
	ID ledger.ID
	// Version changes with every page that changes documents of the stream, and when a
	// path becomes ready.
	Version int64
	// Fields are the numbers of the indexed paths; Building are the paths whose
	// documents of before are not all indexed yet.
	Fields   map[string]int
	Building []string
}

// Table is a code table. Its Version changes with its rows.
type Table struct {
	ID      ledger.ID
	Version int64
}

// Found is the answer to a look-up: the values, and what a document waits for that
// can't do without one.
type Found struct {
	Values []item.Value
	Wait   ledger.Wait
	// Fault says why there is no answer, for those who asked this; nil where there is one.
	Fault *fault.Fault
}

// Place gives the text under which a value is indexed: itself, or where it is too
// long for an index, its beginning and a hash.
func Place(value string) string {
	const most = ledger.MaxKey - 24              // a wait's value has the field's number before it
	value = strings.ToValidUTF8(value, "\uFFFD") // as columns want it
	if len(value) <= most {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	hash := hex.EncodeToString(sum[:])
	return strings.ToValidUTF8(value[:most-len(hash)], "") + hash
}

// StreamPlace gives the Value of a ledger.StreamWait: what waits for documents whose
// field, by its number, has the value.
func StreamPlace(field int, value string) string { return strconv.Itoa(field) + ":" + Place(value) }

// CodePlace gives the Value of a ledger.CodeWait: the code, with a mark where it is
// the target side that lacks it.
func CodePlace(code string, reverse bool) string {
	if reverse {
		return ReverseMark + Place(code)
	}
	return Place(code)
}

// ReverseMark begins the Value of a ledger.CodeWait for a code of the target side.
const ReverseMark = "\x01"
