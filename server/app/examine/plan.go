package examine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow/yamljson"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// PlanFile is the name of the file in which an author says what to try.
const PlanFile = "conformance.yaml"

// Plan says what the conformance suite tries with a connector at its own sandbox. In
// params and rows a text may name {{page}}, {{offset}}, {{size}} and {{token}} of the page
// to ask for, {{n}}, the number of a row, {{from}} and {{to}} of
// a range of time, and {{id}} and {{number}} of an object that is
// there before; a text that is one of the numbers alone becomes that number.
type Plan struct {
	// Now is when the sandbox's clock begins. The real time by default.
	Now time.Time `json:"now,omitzero"`
	// Settings are put in place of those that the sandbox gives, Bad besides in place of good
	// ones, so that the sandbox refuses them.
	Settings map[string]string `json:"settings"`
	Bad      map[string]string `json:"bad"`
	// Secrets are further ones, tokens for example, that may show nowhere.
	Secrets []string `json:"secrets"`
	// Set are switches of the sandbox.
	Set map[string]json.RawMessage `json:"set"`
	// Expire are switches that have the sandbox forget the tokens that it gave.
	Expire map[string]json.RawMessage `json:"expire"`
	// NoHTTP says that the system is not spoken to over HTTP: its sandbox can't hold an
	// answer back, and whether a call ends when its caller gives up is not tried.
	NoHTTP  bool    `json:"noHTTP"`
	Queries []Query `json:"queries"`
	Writes  []Write `json:"writes"`
	// Nodes are those that the plugin brings along.
	Nodes []Node `json:"nodes"`
}

// Node is a node to try; see conformance.Transform.
type Node struct {
	Name     string            `json:"name"`
	Node     string            `json:"node"`
	Settings json.RawMessage   `json:"settings"`
	Bad      []json.RawMessage `json:"bad"`
	Records  []json.RawMessage `json:"records"`
	Refused  []json.RawMessage `json:"refused"`
}

// Query is a query to try; see conformance.Query.
type Query struct {
	Name      string          `json:"name"`
	Operation string          `json:"operation"`
	Params    json.RawMessage `json:"params"`
	Size      int             `json:"size"`
	Rows      int             `json:"rows"`
	Malformed json.RawMessage `json:"malformed"`
	// Range has all the rows; params name its ends as {{from}} and {{to}}, in the format and
	// zone that the manifest declares.
	Range *Range `json:"range"`
	// Shift are switches of the sandbox that change a row.
	Shift map[string]json.RawMessage `json:"shift"`
}

// Range is a span of time.
type Range struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Write is a write to try; see conformance.Write.
type Write struct {
	Name      string          `json:"name"`
	Operation string          `json:"operation"`
	Form      string          `json:"form"`
	Mode      connector.Mode  `json:"mode"`
	Params    json.RawMessage `json:"params"`
	Row       json.RawMessage `json:"row"`
	Key       string          `json:"key"`
	BadRow    json.RawMessage `json:"badRow"`
	// Existing makes the object that an update changes.
	Existing *Existing `json:"existing"`
	// LoseAt is a part of the path of calls whose answer is lost; "" is any. Where calls have
	// no path, Lose are switches of the sandbox that lose the next answer.
	LoseAt string                     `json:"loseAt"`
	Lose   map[string]json.RawMessage `json:"lose"`
	// Count is where the sandbox shows its objects.
	Count *Count `json:"count"`
}

// Existing is a write that makes an object.
type Existing struct {
	Operation string          `json:"operation"`
	Params    json.RawMessage `json:"params"`
	Row       json.RawMessage `json:"row"`
	// Then are actions that take the object to where the trial begins; their rows may name
	// {{id}} and {{number}} of it.
	Then []Existing `json:"then"`
}

// Count says which objects of the sandbox have a key, and where.
type Count struct {
	Objects string `json:"objects"`
	// Key is the path of the field that has the key.
	Key string `json:"key"`
}

// ReadPlan reads a plan.
func ReadPlan(path string) (*Plan, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, fault.New("conformance.no_plan", "%s cannot be read", path).Because(err).Classed(fault.Config).
			Hinted("%s says which operations are tried with which parameters; `karez plugin new` writes one to begin with", PlanFile)
	}
	p := &Plan{}
	return p, decode(path, data, p)
}

// decode reads what an author wrote: one document in YAML, without members that nobody knows.
func decode(path string, data []byte, into any) error {
	documents, err := yamljson.Documents(data)
	if err != nil {
		return fault.Wrap(err, "conformance.plan", "%s is not YAML", path).Classed(fault.Config)
	}
	if len(documents) != 1 {
		return fault.New("conformance.plan", "%s has %d documents instead of one", path, len(documents)).Classed(fault.Config)
	}
	decoder := json.NewDecoder(bytes.NewReader(documents[0]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fault.New("conformance.plan", "%s: %v", path, err).Classed(fault.Config)
	}
	return nil
}

// values are what texts may name.
type values map[string]string

func ofPage(p connector.PageRef) values {
	return values{"page": strconv.Itoa(p.Number), "offset": strconv.Itoa(p.Offset), "size": strconv.Itoa(p.Size), "token": p.Token}
}

func ofRow(n int) values { return values{"n": strconv.Itoa(n)} }

// fill puts values into the texts of JSON; nothing stays nothing.
func (v values) fill(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return nil
	}
	var pairs []string
	for _, name := range []string{"page", "offset", "size", "n"} {
		if value, ok := v[name]; ok {
			pairs = append(pairs, `"{{`+name+`}}"`, value)
		}
	}
	for name, value := range v {
		text := item.AppendText(nil, value)
		pairs = append(pairs, "{{"+name+"}}", string(text[1:len(text)-1]))
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(raw)))
}

// text puts values into a text.
func (v values) text(s string) string {
	var pairs []string
	for name, value := range v {
		pairs = append(pairs, "{{"+name+"}}", value)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// check refuses what the suite can't work with.
func (p *Plan) check() error {
	for i, q := range p.Queries {
		if q.Operation == "" || q.Size < 1 || q.Rows < 0 {
			return incomplete(fmt.Sprintf("queries[%d]", i), "a query needs an operation, a size of pages and the number of rows that match")
		}
	}
	for i, w := range p.Writes {
		if w.Operation == "" || len(w.Row) == 0 || w.Key == "" {
			return incomplete(fmt.Sprintf("writes[%d]", i), "a write needs an operation, a row and the key of the row")
		}
	}
	return nil
}

func incomplete(path, message string) error {
	return fault.New("conformance.plan", "%s", message).At(path).Classed(fault.Config)
}
