// Package declarative is what a connector without code says besides its manifest: the HTTP
// requests of its operations as templates, how they are signed, and where answers hold rows,
// totals, codes and ids. A program that all such connectors share carries it out.
//
// It may import the standard library, the YAML library, sdk/declarative/expr, sdk/fault,
// sdk/item, sdk/field and sdk/manifest only.
package declarative

import (
	"regexp"
	"slices"

	"github.com/karezflow/karez/sdk/manifest"
)

// Format is the form of definitions that this program reads.
const Format = 1

// The files of a declarative connector's folder, and the program that serves it.
const (
	ManifestFile   = "manifest.yaml"
	DefinitionFile = "connector.yaml"
	Program        = "declarative"
	// Flag tells the program the folder.
	Flag = "--definition"
)

// Definition is the content of connector.yaml.
type Definition struct {
	// Format is the version of the definition's own form; see the constant.
	Format int `yaml:"definition"`
	// Address is what all paths are below.
	Address Node `yaml:"address"`
	// Hide are members and form fields whose values are secrets, signatures for example.
	Hide []string `yaml:"hide"`
	// Clock is given where the system refuses moments that are too far from its own.
	Clock *Clock `yaml:"clock"`
	// Vars are named values of every request, in their order, behind those of the operation.
	Vars Node `yaml:"vars"`
	// Request and Answer hold for the operations that do not say otherwise, part by part.
	Request    Request              `yaml:"request"`
	Answer     Answer               `yaml:"answer"`
	Token      *Token               `yaml:"token"`
	Check      Check                `yaml:"check"`
	Operations map[string]Operation `yaml:"operations"`

	// Manifest is the connector's, which the definition was checked against.
	Manifest *manifest.Manifest `yaml:"-"`
	// YAML is the manifest as it is written.
	YAML []byte `yaml:"-"`
}

// Clock says that a call which is refused as Refused tells, while the system's Date differs by
// Skew at least from the moment in it, has the system's time used from then on.
type Clock struct {
	Skew    manifest.Duration `yaml:"skew"`
	Refused Refused           `yaml:"refused"`
}

// Request is a template of an HTTP request. Of Form, JSON and Body one at most is given; GET
// and HEAD send none of them.
type Request struct {
	Method string `yaml:"method"`
	// Path stands below the address; the values in it are escaped.
	Path   Node `yaml:"path"`
	Query  Node `yaml:"query"`
	Header Node `yaml:"header"`
	// Form is sent as a form, JSON as it is, Body as the text that it is, of the type Type.
	Form Node   `yaml:"form"`
	JSON Node   `yaml:"json"`
	Body Node   `yaml:"body"`
	Type string `yaml:"type"`
}

// Over gives the request with what other says in place of its own.
func (r Request) Over(other Request) Request {
	if other.Method != "" {
		r.Method = other.Method
	}
	for _, pair := range []struct{ own, other *Node }{{&r.Path, &other.Path}, {&r.Query, &other.Query}, {&r.Header, &other.Header}} {
		if pair.other.Given() {
			*pair.own = *pair.other
		}
	}
	if other.Form.Given() || other.JSON.Given() || other.Body.Given() {
		r.Form, r.JSON, r.Body, r.Type = other.Form, other.JSON, other.Body, other.Type
	}
	return r
}

// Condition holds where the value at Path is one of Values; without values, where it is
// anything but nothing, false and 0.
type Condition struct {
	Path   string `yaml:"path"`
	Values Paths  `yaml:"values"`
}

// Answer tells how an answer is read.
type Answer struct {
	// OK says that a call was accepted; without it the HTTP status does.
	OK *Condition `yaml:"ok"`
	// Code, Message and Field are where a refusal says what, why and about which field.
	Code    Paths `yaml:"code"`
	Message Paths `yaml:"message"`
	Field   Paths `yaml:"field"`
	// Empty are codes of refusals that say that nothing matches.
	Empty []string `yaml:"empty"`
	// Rows is where the rows of a query are, "." for the whole answer; of several places the
	// first counts that there is. Without pages an object is one row. Optional says that they
	// may be left out where there are none.
	Rows     Paths `yaml:"rows"`
	Optional bool  `yaml:"optional"`
	// Total is where the number of matching rows is, More whether another page follows, Next
	// the cursor of the next page.
	Total Paths      `yaml:"total"`
	More  *Condition `yaml:"more"`
	Next  Paths      `yaml:"next"`
	// Each is where the answers to the rows of a write are; without it the answer is for the
	// one row.
	Each *Each `yaml:"each"`
	// ID and Number tell of a written object from answer (that of the row), whole, row and key.
	ID     Node `yaml:"id"`
	Number Node `yaml:"number"`
}

// Over gives the answer with what other says in place of its own.
func (a Answer) Over(other Answer) Answer {
	if other.OK != nil {
		a.OK = other.OK
	}
	for _, pair := range []struct{ own, other *Paths }{
		{&a.Code, &other.Code},
		{&a.Message, &other.Message},
		{&a.Field, &other.Field},
		{&a.Rows, &other.Rows},
		{&a.Total, &other.Total},
		{&a.Next, &other.Next},
	} {
		if len(*pair.other) > 0 {
			*pair.own = *pair.other
		}
	}
	if len(other.Empty) > 0 {
		a.Empty = other.Empty
	}
	if other.More != nil {
		a.More = other.More
	}
	if other.Each != nil {
		a.Each = other.Each
	}
	a.Optional = a.Optional || other.Optional
	for _, pair := range []struct{ own, other *Node }{{&a.ID, &other.ID}, {&a.Number, &other.Number}} {
		if pair.other.Given() {
			*pair.own = *pair.other
		}
	}
	return a
}

// Each tells how the answers of a batch belong to its rows.
type Each struct {
	// Path is the list. Row and Answer are the paths by which a row and its answer have the
	// same value; without them they belong together by their places.
	Path   string `yaml:"path"`
	Row    string `yaml:"row"`
	Answer string `yaml:"answer"`
	// OK, Code, Message and Field read one of them.
	OK      *Condition `yaml:"ok"`
	Code    Paths      `yaml:"code"`
	Message Paths      `yaml:"message"`
	Field   Paths      `yaml:"field"`
}

// Token tells how a token is had. In its texts answer is what the request was answered with.
type Token struct {
	Request Request `yaml:"request"`
	Answer  Answer  `yaml:"answer"`
	// Renew is asked first where there is a token, which it sees as token; what refuses it is
	// asked by Request.
	Renew *Request `yaml:"renew"`
	// Value is the token, With what is kept beside it, and Life the seconds that it lives.
	Value Node `yaml:"value"`
	With  Node `yaml:"with"`
	Life  Node `yaml:"life"`
	// Early is how long before its end it is renewed.
	Early manifest.Duration `yaml:"early"`
	// Refused tells a refusal for which another token is asked.
	Refused Refused `yaml:"refused"`
}

// Refused are the codes of refusals, and a regular expression over their messages.
type Refused struct {
	Codes   []string `yaml:"codes"`
	Message string   `yaml:"message"`

	message *regexp.Regexp
}

// Is reports whether a refusal is one of these.
func (r *Refused) Is(code, message string) bool {
	return slices.Contains(r.Codes, code) || r.message != nil && r.message.MatchString(message)
}

// Check is the cheapest call that proves the credentials. A connector without queries names none;
// then it is only seen whether something answers at the address.
type Check struct {
	Operation string `yaml:"operation"`
	Params    Node   `yaml:"params"`
	// Accept are codes of refusals that come behind the proof.
	Accept []string `yaml:"accept"`
	// Account names what the credentials reach, for people.
	Account Node `yaml:"account"`
}

// Operation is what the definition says of one of the manifest's operations.
type Operation struct {
	// Vars come before those of all operations.
	Vars    Node    `yaml:"vars"`
	Request Request `yaml:"request"`
	Answer  Answer  `yaml:"answer"`
	Probe   *Probe  `yaml:"probe"`
}

// Probe looks a written object up by a query of the same connector.
type Probe struct {
	Operation string `yaml:"operation"`
	// Params are those of the query, from key.
	Params Node `yaml:"params"`
	// Match is the path at which a found row has the key.
	Match string `yaml:"match"`
	// ID, Number and Object are told from row; Object is the row where it is left out.
	ID     Node `yaml:"id"`
	Number Node `yaml:"number"`
	Object Node `yaml:"object"`
}
