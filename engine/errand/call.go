package errand

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// MessageOperation is the operation by which a connector sends people a message.
const MessageOperation = "message.send"

// Call is a compiled call that a node asks for. It is immutable and used concurrently.
type Call struct {
	Purpose    ledger.Purpose
	Connection string
	Manifest   *manifest.Manifest
	Operation  *manifest.Operation
	Mode       connector.Mode
	// Every is how long the messages of a run are gathered at most; 0 sends each by itself.
	Every time.Duration

	row    *value.Mapping
	params *value.Params
	key    *value.Program

	title, text, to *value.Program
}

// Request is what a call sends.
type Request struct {
	// Key is the row's target key, "" where the operation names none.
	Key          string
	Params, Body []byte
}

// Operate compiles a call of an operation: fields is the JSON list of its request
// fields, those of the mapping and the other ones together. Paths of faults are below
// opts.Path.
func Operate(connection string, m *manifest.Manifest, op *manifest.Operation, fields []byte, opts value.Options) (*Call, []*fault.Fault) {
	if len(fields) == 0 {
		fields = []byte("[]")
	}
	op = op.For(textOf(fields, op.Form))
	c := &Call{Purpose: ledger.WritebackErrand, Connection: connection, Manifest: m, Operation: op, Mode: connector.Create}
	if op.Writing == nil || op.Writing.Create == nil {
		c.Mode = connector.Update
	}
	if op.Writing == nil || c.Mode == connector.Update && op.Writing.Update == nil {
		return nil, []*fault.Fault{fault.New("errand.not_writing", "%s changes nothing, so it can't be called after a write", op.Title.ZH).
			At("operation").Classed(fault.Config).Hinted("choose an operation that writes")}
	}
	business, others := split(op.Request)
	rows, rest := part(fields, others)
	var faults []*fault.Fault
	c.row, faults = value.CompileMapping(rows, business, opts)
	params, more := value.CompileParams(rest, others, opts)
	c.params = params
	faults = append(faults, more...)
	for _, name := range params.Missing() {
		title := name
		if f := field.Find(others, name); f != nil && f.Title.ZH != "" {
			title = f.Title.ZH
		}
		faults = append(faults, fault.New("param.required_missing", "%s (%s) is required but not given", title, name).At(opts.Path).Classed(fault.Config).
			Hinted("add a row for %s to the request parameters", name).Arg("field", name))
	}
	if op.Writing.Key != "" {
		key, err := value.Compile(op.Writing.Key, opts)
		if err != nil {
			faults = append(faults, fault.From(err).At("operation"))
		}
		c.key = key
	}
	return c, faults
}

// Message compiles a message to people. Its settings are texts of the value language.
func Message(connection string, m *manifest.Manifest, settings item.Value, opts value.Options) (*Call, []*fault.Fault) {
	op, ok := m.Operation(MessageOperation)
	if !ok || op.Writing == nil || op.Writing.Create == nil {
		return nil, []*fault.Fault{fault.New("notify.no_messages", "%s (%s) sends no messages", m.Title.ZH, m.ID).Classed(fault.Config).
			Hinted("choose a connection of a system that does: DingTalk, Feishu, WeCom, e-mail or a webhook")}
	}
	c := &Call{Purpose: ledger.NotifyErrand, Connection: connection, Manifest: m, Operation: op, Mode: connector.Create}
	var faults []*fault.Fault
	compiled := func(key string) *value.Program {
		p, err := value.Compile(settings.Field(key).Text(), opts)
		if err != nil {
			faults = append(faults, fault.From(err).At(key))
		}
		return p
	}
	c.title, c.text, c.to = compiled("title"), compiled("text"), compiled("to")
	if settings.Field("when").Text() == "digest" {
		c.Every = defaultEvery
		if d, err := time.ParseDuration(settings.Field("every").Text()); err == nil && d > 0 { // else refused by the node's check
			c.Every = d
		}
	}
	return c, faults
}

// defaultEvery is how long messages are gathered unless the node says otherwise.
const defaultEvery = 30 * time.Minute

// Request builds what is sent. Its error is a *fault.Fault.
func (c *Call) Request(scope *value.Scope) (Request, error) {
	if c.Purpose == ledger.NotifyErrand {
		return c.message(scope)
	}
	body, err := c.row.Append(nil, scope)
	if err != nil {
		return Request{}, err
	}
	params, err := c.params.Append(nil, scope)
	if err != nil {
		return Request{}, err
	}
	r := Request{Params: params, Body: body}
	if c.key != nil {
		mapped := &value.Scope{Params: scope.Params}
		mapped.SetItem(item.Item{Raw: body, Source: scope.Source.Raw()})
		r.Key, err = c.key.Text(mapped)
	}
	if err == nil && len(r.Key) > ledger.MaxKey {
		err = fault.New("delivery.key_too_long", "the target key has %d bytes; at most %d are allowed", len(r.Key), ledger.MaxKey).Classed(fault.Data)
	}
	return r, err
}

func (c *Call) message(scope *value.Scope) (Request, error) {
	var texts [3]string
	for i, p := range []*value.Program{c.title, c.text, c.to} {
		text, err := p.Text(scope)
		if err != nil {
			return Request{}, err
		}
		texts[i] = text
	}
	if strings.TrimSpace(texts[0]) == "" && strings.TrimSpace(texts[1]) == "" {
		return Request{}, fault.New("notify.empty", "the message has neither a title nor a text").Classed(fault.Data)
	}
	return Request{Params: []byte("{}"), Body: messageOf(texts[0], texts[1], addresses(texts[2]))}, nil
}

func messageOf(title, text string, to []string) []byte {
	out := item.AppendText([]byte(`{"title":`), title)
	out = item.AppendText(append(out, `,"text":`...), text)
	if len(to) > 0 {
		out = append(out, `,"to":[`...)
		for i, address := range to {
			if i > 0 {
				out = append(out, ',')
			}
			out = item.AppendText(out, address)
		}
		out = append(out, ']')
	}
	return append(out, '}')
}

// addresses splits what a person wrote into phone numbers and addresses.
func addresses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;，；、", r) })
}

// shown is how many of the messages that one tells are in it word by word.
const shown = 20

// together makes one message of several: the title of the first with their number, the
// first texts as a list, and how many more there are.
func together(bodies [][]byte) []byte {
	if len(bodies) == 1 {
		return bodies[0]
	}
	title := item.Of(bodies[0]).Field("title").Text()
	var text strings.Builder
	var to []string
	known := map[string]bool{}
	for i, b := range bodies {
		body := item.Of(b)
		for a := range body.Field("to").Elements() {
			if !known[a.Text()] {
				known[a.Text()] = true
				to = append(to, a.Text())
			}
		}
		if i < shown {
			line := body.Field("text").Text()
			if strings.TrimSpace(line) == "" {
				line = body.Field("title").Text()
			}
			text.WriteString("- " + strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n  ") + "\n")
		}
	}
	if more := len(bodies) - shown; more > 0 {
		text.WriteString("- … +" + strconv.Itoa(more) + "\n")
	}
	return messageOf(fmt.Sprintf("%s (%d)", title, len(bodies)), text.String(), to)
}

// About gives a record with what is known of its document as the member "document".
func About(body []byte, facts *item.Facts) ([]byte, error) {
	about := item.AppendText([]byte(`{"key":`), facts.Key)
	about = item.AppendText(append(about, `,"number":`...), facts.Number)
	about = append(about, `,"revision":`...)
	about = strconv.AppendInt(about, int64(facts.Revision), 10)
	about = item.AppendText(append(about, `,"run":`...), facts.RunID)
	return item.Put(body, "document", append(about, '}'))
}

// WithFault gives a record with why a node could not take it on, as the member "error".
func WithFault(body []byte, f *fault.Fault, nodeID string) ([]byte, error) {
	out := []byte{'{'}
	for i, pair := range [][2]string{{"code", f.Code}, {"message", f.Message}, {"field", f.Path}, {"hint", f.Hint}, {"node", nodeID}} {
		if i > 0 {
			out = append(out, ',')
		}
		out = item.AppendText(append(item.AppendText(out, pair[0]), ':'), pair[1])
	}
	return item.Put(body, "error", append(out, '}'))
}

// split parts request fields into those of the mapping and the other parameters.
func split(fields []field.Field) (business, others []field.Field) {
	for _, f := range fields {
		if f.Group == field.Other {
			others = append(others, f)
		} else {
			business = append(business, f)
		}
	}
	return business, others
}

// part parts a JSON list of rows into those of the mapping and those that name one of
// the other parameters.
func part(rows []byte, others []field.Field) (mapped, rest []byte) {
	var own, other [][]byte
	for row := range item.Of(rows).Elements() {
		if field.Find(others, row.Field("field").Text()) != nil {
			other = append(other, row.Raw())
		} else {
			own = append(own, row.Raw())
		}
	}
	return list(own), list(other)
}

func list(rows [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(rows, []byte{','})...), ']')
}

// textOf gives the value of the row that names a field, "" where there is none.
func textOf(rows []byte, name string) string {
	for row := range item.Of(rows).Elements() {
		if name != "" && row.Field("field").Text() == name {
			return row.Field("value").Text()
		}
	}
	return ""
}
