// Package manifest is what a connector declares about its system in YAML: its
// settings and limits, and for each operation the fields, paging, window rules,
// what happens after a lost answer, and how the vendor's answers are read. The
// engine, the importer and the console apply it; a connector never repeats it in code.
//
// It may import the standard library, the YAML library, sdk/node and what is below it only.
package manifest

import (
	"regexp"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Manifest is one connector.
type Manifest struct {
	// ID names the connector and its folder, for example "kingdee-k3cloud".
	ID      string     `json:"id" yaml:"id"`
	Version string     `json:"version" yaml:"version"`
	Title   field.Text `json:"title" yaml:"title"`
	// Aliases are other names that people write for the system, by which the importer of
	// existing work finds it.
	Aliases []string `json:"aliases,omitempty" yaml:"aliases"`
	// Hub says that the system moves documents itself: one that such a flow reads of it came
	// from another flow, so that an imported flow gets an inlet in place of a query.
	Hub bool `json:"hub,omitempty" yaml:"hub"`
	// Describe says what the connector reaches, in a sentence or two.
	Describe field.Text `json:"describe,omitzero" yaml:"describe"`
	// Icon is a file beside the manifest.
	Icon string `json:"icon,omitempty" yaml:"icon"`
	// Settings declare a connection (an account at the vendor); secrets are marked.
	Settings []field.Setting `json:"settings" yaml:"settings"`
	// LimitKey names the setting whose value the vendor counts calls by; "" means the connection.
	LimitKey string `json:"limitKey,omitempty" yaml:"limitKey"`
	// Limits are the vendor's documented call limits.
	Limits []Limit `json:"limits,omitempty" yaml:"limits"`
	// Concurrency is how many calls of a connection each engine process has under way at a
	// time; 0 leaves it to the engine, which then has 8.
	Concurrency int `json:"concurrency,omitempty" yaml:"concurrency"`
	// CheckOperation names the operation that a check of the connection calls, for it counts
	// as one; "" means none of those declared.
	CheckOperation string `json:"checkOperation,omitempty" yaml:"checkOperation"`
	// TimeZone is the IANA zone of the vendor's times without offset.
	TimeZone string `json:"timeZone" yaml:"timeZone"`
	// TimeZoneKey names the setting by which a connection says another zone than TimeZone;
	// "" where the vendor's zone is fixed. See At.
	TimeZoneKey string `json:"timeZoneKey,omitempty" yaml:"timeZoneKey"`
	// Hosts are the systems that the connector calls: "api.example.com", "*.example.com" for
	// all names below, either with ":443" behind it for that port only, and "{address}" for
	// the one that the setting of that key names, by a URL or by a name. An engine that
	// confines its connectors lets one reach nothing else; an empty list is no network. One
	// that is nil declares nothing, and nothing is kept from it.
	Hosts []string `json:"hosts,omitempty" yaml:"hosts"`
	// NoSandbox says that the connector ships no simulation of its system.
	NoSandbox bool `json:"noSandbox,omitempty" yaml:"noSandbox"`
	// Rules apply to every operation, after the operation's own.
	Rules      []Rule      `json:"rules,omitempty" yaml:"rules"`
	Operations []Operation `json:"operations" yaml:"operations"`
	// Nodes are the node types that the plugin brings along; one that brings some may do
	// without operations, and then connects to nothing.
	Nodes []Node `json:"nodes,omitempty" yaml:"nodes"`
}

// Limit is at most Calls calls in each Per, counted by PerOperation or all together.
type Limit struct {
	Calls        int      `json:"calls" yaml:"calls"`
	Per          Duration `json:"per" yaml:"per"`
	PerOperation bool     `json:"perOperation,omitempty" yaml:"perOperation"`
}

// OperationKind says what an operation does.
type OperationKind string

// The kinds of operations.
const (
	Query  OperationKind = "query"
	Write  OperationKind = "write"
	Action OperationKind = "action"
)

// Operation is one interface (接口) of the vendor.
type Operation struct {
	Name  string        `json:"name" yaml:"name"`
	Kind  OperationKind `json:"kind" yaml:"kind"`
	Title field.Text    `json:"title" yaml:"title"`
	// Object names what the operation reads or writes; with Form it is the resource of target keys.
	Object string `json:"object" yaml:"object"`
	// Form is the request parameter that narrows Object, for example FormId; "" when none does.
	Form string `json:"form,omitempty" yaml:"form"`
	// Request and Response are the declared fields.
	Request  []field.Field `json:"request" yaml:"request"`
	Response []field.Field `json:"response,omitempty" yaml:"response"`
	// Key, Number and Modified are the value language texts a new source node starts with.
	Key      string `json:"key,omitempty" yaml:"key"`
	Number   string `json:"number,omitempty" yaml:"number"`
	Modified string `json:"modified,omitempty" yaml:"modified"`
	// Rules read the vendor's answers; the first that matches decides.
	Rules []Rule `json:"rules,omitempty" yaml:"rules"`
	// Forms are the known values of the Form parameter with their own fields.
	Forms []Form `json:"forms,omitempty" yaml:"forms"`

	// Window is set for queries that select by a time range.
	Window *Window `json:"window,omitempty" yaml:"window"`
	// Paging is set for queries.
	Paging *Paging `json:"paging,omitempty" yaml:"paging"`
	// ByNumber is set for queries that can select by number (按单号拉取).
	ByNumber *ByNumber `json:"byNumber,omitempty" yaml:"byNumber"`
	// Selects says of a query that a parameter which is not declared selects a field: its
	// value is the field's key, its name that of the column.
	Selects bool `json:"selects,omitempty" yaml:"selects"`
	// Named says that a parameter which is not declared is a value with that name, which
	// the operation's other parameters refer to, for example :shop in a statement.
	Named bool `json:"named,omitempty" yaml:"named"`

	// Writing is set for writes.
	Writing *Writing `json:"writing,omitempty" yaml:"writing"`
}

// Form is what an operation adds for one value of its Form parameter, for
// example batchSave for FormId SAL_RETURNSTOCK.
type Form struct {
	ID    string     `json:"id" yaml:"id"`
	Title field.Text `json:"title" yaml:"title"`
	// Request and Response are appended to the operation's own fields.
	Request  []field.Field `json:"request,omitempty" yaml:"request"`
	Response []field.Field `json:"response,omitempty" yaml:"response"`
	// Key, Number and Modified replace the operation's where they are set.
	Key      string `json:"key,omitempty" yaml:"key"`
	Number   string `json:"number,omitempty" yaml:"number"`
	Modified string `json:"modified,omitempty" yaml:"modified"`
	// WriteKey replaces Writing.Key, Compare replaces Compare of every mode, where set;
	// a form that compares is not looked up before it is written, though PreProbe is set.
	WriteKey string   `json:"writeKey,omitempty" yaml:"writeKey"`
	Compare  []string `json:"compare,omitempty" yaml:"compare"`
}

// Window tells how a query selects by time.
type Window struct {
	// From and To are the request parameters that carry the ends.
	From string `json:"from" yaml:"from"`
	To   string `json:"to" yaml:"to"`
	// Format is the value language format of both ends.
	Format string `json:"format" yaml:"format"`
	// Span is the longest range the vendor accepts; zero means any.
	Span Duration `json:"span,omitempty" yaml:"span"`
	// Granularity is the smallest step of the vendor's times.
	Granularity Duration `json:"granularity" yaml:"granularity"`
	// Lag keeps the end behind the source's clock; LookBack re-reads before the last end.
	Lag      Duration `json:"lag" yaml:"lag"`
	LookBack Duration `json:"lookBack" yaml:"lookBack"`
	// MaxRows is the most rows that the vendor gives of one range; zero means any number.
	// TooMany are the codes of answers that say a range has too many rows or is too long,
	// beside TooManyRows and SpanTooLong. Either way the range is halved.
	MaxRows int      `json:"maxRows,omitempty" yaml:"maxRows"`
	TooMany []string `json:"tooMany,omitempty" yaml:"tooMany"`
}

// Codes with which any connector may say that a range has to be halved.
const (
	TooManyRows = "source.too_many_rows"
	SpanTooLong = "source.span_too_long"
)

// Strategy is how pages follow each other.
type Strategy string

// The paging strategies.
const (
	ByPage   Strategy = "page"
	ByOffset Strategy = "offset"
	ByCursor Strategy = "cursor"
	ByKeyset Strategy = "keyset"
	Unpaged  Strategy = "none"
)

// Direction is the order in which numbered pages are read.
type Direction string

// The directions. Backward needs a total and misses nothing when rows leave the window.
const (
	Forward  Direction = "forward"
	Backward Direction = "backward"
)

// Paging tells how a query pages.
type Paging struct {
	Strategy  Strategy  `json:"strategy" yaml:"strategy"`
	Direction Direction `json:"direction,omitempty" yaml:"direction"`
	// Number, Offset, Size and Token are the request parameters that carry the page.
	Number string `json:"number,omitempty" yaml:"number"`
	Offset string `json:"offset,omitempty" yaml:"offset"`
	Size   string `json:"size,omitempty" yaml:"size"`
	Token  string `json:"token,omitempty" yaml:"token"`
	// First is the number of the first page.
	First       int `json:"first,omitempty" yaml:"first"`
	DefaultSize int `json:"defaultSize" yaml:"defaultSize"`
	MaxSize     int `json:"maxSize" yaml:"maxSize"`
	// Total says whether pages carry the number of matching rows.
	Total bool `json:"total,omitempty" yaml:"total"`
}

// ByNumber tells how a query selects documents by their numbers.
type ByNumber struct {
	Param string `json:"param" yaml:"param"`
	Max   int    `json:"max" yaml:"max"`
}

// Class says what may be done after a lost answer.
type Class string

// The classes of DESIGN section 5.
const (
	NativeKey    Class = "A"
	QueryableKey Class = "B"
	Upsert       Class = "C"
	NoKey        Class = "D"
)

// AnswerForm says how much of a batch the vendor's answer names.
type AnswerForm string

// The answer forms. PerRow names every row, and one that it does not name is unknown.
// Counts tells how many rows were applied and All one result for the whole call, both
// without naming rows: the connector answers as many rows done as were counted, in any
// place, and the others unknown; every row rejected where none was applied.
const (
	PerRow AnswerForm = "perRow"
	Counts AnswerForm = "counts"
	All    AnswerForm = "all"
)

// BatchForm says what a refused row does to its batch.
type BatchForm string

// The batch forms. RowByRow takes what it can of a call, Atomic takes all of its rows or
// none; of UnknownBatch neither is known, so that a call which was refused as a whole may
// have been applied in part unless the connector says otherwise.
const (
	RowByRow     BatchForm = "perRow"
	Atomic       BatchForm = "atomic"
	UnknownBatch BatchForm = "unknown"
)

// Writing tells how an operation writes.
type Writing struct {
	// RowsKey is the request member that holds the rows of a batch; "" when one row is the request.
	RowsKey string `json:"rowsKey,omitempty" yaml:"rowsKey"`
	// MaxRows is the most rows one call takes; DefaultRows what a new node starts with.
	MaxRows     int `json:"maxRows" yaml:"maxRows"`
	DefaultRows int `json:"defaultRows" yaml:"defaultRows"`
	// Key is the value language text over the mapped row that identifies the object; "" when there is none.
	Key string `json:"key,omitempty" yaml:"key"`
	// Create and Update are the modes; a nil mode is not offered.
	Create *Mode `json:"create,omitempty" yaml:"create"`
	Update *Mode `json:"update,omitempty" yaml:"update"`
	// Answers and Batch say how an answer relates to the rows.
	Answers AnswerForm `json:"answers" yaml:"answers"`
	Batch   BatchForm  `json:"batch" yaml:"batch"`
	// OnRevised is the default for a source that changed after delivery: update, ignore or decide.
	OnRevised string `json:"onRevised,omitempty" yaml:"onRevised"`
	// Steps are what may follow the write of an object, in the vendor's order, for example
	// 提交 and 审核.
	Steps []Step `json:"steps,omitempty" yaml:"steps"`
}

// Step is an action on the object that was written. An answer of it that the rules class
// as duplicate says that the object is where the step leads to.
type Step struct {
	// Operation is the manifest's action that makes the step, in its mode update. Of the
	// parameters of the write it gets those that it declares.
	Operation string `json:"operation" yaml:"operation"`
	// ID and Number are the action's request fields that take the object's id and number.
	ID     string `json:"id,omitempty" yaml:"id"`
	Number string `json:"number,omitempty" yaml:"number"`
	// Default says that a target takes the step unless its settings say otherwise.
	Default bool `json:"default,omitempty" yaml:"default"`
}

// Mode is the behaviour of a write in one mode.
type Mode struct {
	Class Class `json:"class" yaml:"class"`
	// Probe says that the connector can look an object up by key.
	Probe bool `json:"probe,omitempty" yaml:"probe"`
	// PreProbe asks for one look-up of a call's rows before they are sent. What the target
	// holds then is not sent, and whatever is found after a lost answer is the row's own,
	// so that Compare may be empty. An empty Compare never means equal.
	PreProbe bool `json:"preProbe,omitempty" yaml:"preProbe"`
	// ReadLag is how long a written object may stay invisible to a look-up.
	ReadLag Duration `json:"readLag,omitempty" yaml:"readLag"`
	// Compare lists the paths by which a found object equals the sent row.
	Compare []string `json:"compare,omitempty" yaml:"compare"`
	// IDField is the request field that takes the target's id of the object which is
	// updated; "" where the row's key tells.
	IDField string `json:"idField,omitempty" yaml:"idField"`
	// Echo says which of an answer's "id" and "number" is the row's key, given back by the
	// vendor; "" where neither is. An answer to several rows that gives one of them another
	// key is believed of none of them.
	Echo string `json:"echo,omitempty" yaml:"echo"`
}

// Rule classes an answer by its code and message. Empty conditions match everything.
type Rule struct {
	Class fault.Class `json:"class" yaml:"class"`
	// Codes are vendor codes compared exactly.
	Codes []string `json:"codes,omitempty" yaml:"codes"`
	// Message is a regular expression (RE2) over the vendor's message.
	Message string `json:"message,omitempty" yaml:"message"`
	// Wait is how long to wait before a retry when the vendor named no time.
	Wait Duration `json:"wait,omitempty" yaml:"wait"`
	// Hint helps the consultant.
	Hint field.Text `json:"hint,omitzero" yaml:"hint"`

	message *regexp.Regexp // Message compiled by Check
}

// Duration is a time.Duration that reads and writes as "10m".
type Duration time.Duration

// Std gives the standard type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// MarshalText writes the Go form, for example "10m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the Go form.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fault.New("manifest.duration_invalid", "%q is not a duration such as 30s, 10m or 168h", string(text)).
			Classed(fault.Config).Arg("text", string(text))
	}
	*d = Duration(parsed)
	return nil
}

// At gives the manifest as it holds for a connection with these settings, a JSON object:
// m itself, or a copy with the zone that the connection says. A zone that does not load
// changes nothing; the connector refuses it.
func (m *Manifest) At(settings []byte) *Manifest {
	if m.TimeZoneKey == "" {
		return m
	}
	zone := item.Of(settings).Field(m.TimeZoneKey).Text()
	if _, err := time.LoadLocation(zone); zone == "" || zone == m.TimeZone || err != nil {
		return m
	}
	c := *m
	c.TimeZone = zone
	return &c
}

// Operation gives the operation with this name.
func (m *Manifest) Operation(name string) (*Operation, bool) {
	for i := range m.Operations {
		if m.Operations[i].Name == name {
			return &m.Operations[i], true
		}
	}
	return nil, false
}
