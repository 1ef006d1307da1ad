// Package message is what the connectors that send messages share: reading the one
// row of a message.send, cutting it to what the vendor takes, and the id by which a
// message that was sent twice can be recognised.
//
// It may import the standard library, plugins/internal/vendorclock and the sdk only.
package message

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Send is the operation that all these connectors offer.
const Send = "message.send"

// Message is what is to be said to whom.
type Message struct {
	// Title is one line, or "".
	Title string
	// Text is Markdown.
	Text string
	// To are the people to send it to or to mention, as the vendor names them.
	To []string
}

// Row gives the one JSON object of a batch. Its faults are marked Unapplied:
// "connector.unknown_operation", "message.row_invalid" and those of item.Rows.
func Row(batch connector.Batch) (item.Value, error) {
	if batch.Operation != Send {
		return item.Value{}, Unknown(batch.Operation).Unapplied()
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return item.Value{}, fault.From(err).Unapplied()
	}
	if len(rows) != 1 || item.Of(rows[0]).Kind() != item.Object {
		return item.Value{}, fault.New("message.row_invalid", "a call sends one message, an object with title, text and to").
			Classed(fault.Data).Unapplied()
	}
	return item.Of(rows[0]), nil
}

// Read gives the message of a batch. Besides the faults of Row there are, marked
// Unapplied, "message.empty" and "message.field_invalid".
func Read(batch connector.Batch) (Message, error) {
	row, err := Row(batch)
	if err != nil {
		return Message{}, err
	}
	for _, name := range []string{"title", "text"} {
		if kind := row.Field(name).Kind(); kind == item.Object || kind == item.Array {
			return Message{}, invalid(name)
		}
	}
	m := Message{Title: strings.TrimSpace(row.Field("title").Text()), Text: strings.TrimSpace(row.Field("text").Text())}
	if m.Title == "" && m.Text == "" {
		return Message{}, fault.New("message.empty", "the message has neither a title nor a text").At("text").
			Classed(fault.Data).Unapplied()
	}
	m.To, err = people(row.Field("to"))
	return m, err
}

func invalid(field string) *fault.Fault {
	return fault.New("message.field_invalid", "%s is not a text", field).At(field).Classed(fault.Data).Unapplied()
}

// people reads to: a list of texts, or one text with commas between.
func people(to item.Value) ([]string, error) {
	var given []string
	switch to.Kind() {
	case item.Array:
		for e := range to.Elements() {
			if kind := e.Kind(); kind == item.Object || kind == item.Array {
				return nil, invalid("to")
			}
			given = append(given, e.Text())
		}
	case item.Object:
		return nil, invalid("to")
	default:
		given = strings.FieldsFunc(to.Text(), func(r rune) bool { return strings.ContainsRune(",;，；、", r) })
	}
	var out []string
	for _, one := range given {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out, nil
}

// Unknown refuses an operation that no such connector has.
func Unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "there is no operation %q here; messages are sent by message.send", operation).
		Classed(fault.Config)
}

// ID names the message of a batch: the same for the same key and row on the same
// account, so that a message whose answer was lost has its id again when it is sent
// again. Without a key nothing tells two equal messages apart, and the id is new each
// time: a message too many is better than one that a receiver drops.
func ID(account string, batch connector.Batch) string {
	if len(batch.Keys) == 0 || batch.Keys[0] == "" {
		return "msg_" + strings.ToLower(rand.Text())
	}
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(account), []byte(batch.Operation), []byte(batch.Keys[0]), batch.Rows} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash takes everything
		_, _ = hash.Write(part)
	}
	return "msg_" + hex.EncodeToString(hash.Sum(nil)[:16])
}
