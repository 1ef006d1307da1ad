package main

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	codeSessionLost  = "1"
	codeNoPermission = "2"
	codeNoData       = "10"
	textSessionLost  = "会话信息已丢失"
)

// status is a ResponseStatus in whichever shape it came.
type status struct {
	// found is false for answers that have no status, such as the rows of a query.
	found   bool
	success bool
	code    string
	errors  []rowError
	done    []rowDone
}

// rowError is an element of Errors; index is -1 where it names no row.
type rowError struct {
	field, message string
	index          int
	raw            []byte
}

// rowDone is an element of SuccessEntitys.
type rowDone struct {
	id, number string
	index      int
	raw        []byte
}

func lostStatus() status {
	return status{found: true, code: codeSessionLost, errors: []rowError{{message: textSessionLost, index: -1}}}
}

// readStatus finds the status: an object for writes, the same nested twice for
// queries, or a bare list of errors as some versions answer to a query.
func readStatus(root item.Value) status {
	node := root
	for node.Kind() == item.Array {
		first := node.Path("0")
		if first.Kind() == item.Object && first.Field("Result").Kind() == item.None {
			return bareErrors(node)
		}
		if first.Kind() != item.Array && first.Kind() != item.Object {
			return status{}
		}
		node = first
	}
	r := node.Field("Result").Field("ResponseStatus")
	if r.Kind() != item.Object {
		return status{}
	}
	s := status{found: true, success: r.Field("IsSuccess").Text() == "true", code: r.Field("MsgCode").Text()}
	for e := range r.Field("Errors").Elements() {
		s.errors = append(s.errors, readError(e))
	}
	for e := range r.Field("SuccessEntitys").Elements() {
		s.done = append(s.done, rowDone{identifier(e.Field("Id")), numberOf(e), indexOf(e), e.Raw()})
	}
	return s
}

func bareErrors(list item.Value) status {
	s := status{}
	for e := range list.Elements() {
		if e.Field("Message").Kind() == item.String {
			s.found = true
			s.errors = append(s.errors, readError(e))
		}
	}
	return s
}

func readError(e item.Value) rowError {
	return rowError{e.Field("FieldName").Text(), e.Field("Message").Text(), indexOf(e), e.Raw()}
}

// convert adds why a conversion made nothing, where the status does not tell: as an object of
// the same form, or as a list with one element for each rule or bill. Versions differ.
func (s *status) convert(told item.Value) {
	if !s.found || len(s.done) > 0 || len(s.errors) > 0 {
		return
	}
	list, refused := told, func(e item.Value) bool { return e.Field("IsSuccess").Text() == "false" }
	if told.Kind() == item.Object {
		if !refused(told) {
			return
		}
		list, refused = told.Field("Errors"), func(item.Value) bool { return true }
	}
	for e := range list.Elements() {
		if !e.Field("Message").Blank() && refused(e) {
			s.errors = append(s.errors, rowError{e.Field("FieldName").Text(), e.Field("Message").Text(), 0, e.Raw()})
		}
	}
}

func numberOf(e item.Value) string {
	if n := e.Field("Number"); !n.Blank() {
		return n.Text()
	}
	return e.Field("BillNo").Text()
}

// identifier reads an id that is a number or a text; 0 is none.
func identifier(v item.Value) string {
	if id := strings.TrimSpace(v.Text()); id != "0" {
		return id
	}
	return ""
}

func indexOf(e item.Value) int {
	text, n := e.Field("DIndex").Text(), 0
	if text == "" || len(text) > 6 {
		return -1
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// sessionLost reads both the code and the words: versions differ in which they give.
func (s *status) sessionLost() bool {
	return s.found && !s.success && len(s.done) == 0 && (s.code == codeSessionLost ||
		slices.ContainsFunc(s.errors, func(e rowError) bool { return strings.Contains(e.message, textSessionLost) }))
}

// wholeCall tells that the call was refused before any row was looked at: a code
// that concerns the caller or the request, no row saved, and no error that names
// a field or a row beyond the first (an error about the call has index 0 too).
func (s *status) wholeCall() bool {
	if s.success || len(s.done) > 0 || !slices.Contains([]string{"1", "2", "5", "7", "8", "14", "15"}, s.code) {
		return false
	}
	return !slices.ContainsFunc(s.errors, func(e rowError) bool { return e.field != "" || e.index > 0 })
}

// fault is the refusal in the server's own words. The manifest's rules give its class.
func (s *status) fault() *fault.Fault {
	code := s.code
	if code == "" {
		code = "error"
	}
	message := joined(s.errors)
	if message == "" {
		message = "the system refused the call without a reason"
	}
	f := fault.New("vendor."+code, "%s", message)
	for _, e := range s.errors {
		if e.field != "" {
			return f.At(e.field)
		}
	}
	return f
}

// joined gives the messages of errors, each once.
func joined(errors []rowError) string {
	var messages []string
	for _, e := range errors {
		if e.message != "" && !slices.Contains(messages, e.message) {
			messages = append(messages, e.message)
		}
	}
	return strings.Join(messages, "; ")
}
