package plan

import (
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// RequestNumbers builds the parameters of one page request for documents with
// these numbers, at most the operation's ByNumber.Max of them, whatever their time:
// the parameters that carry the window are left out. at is the time of the request
// for everything else that tells the time. It fails with
// "source.by_number_not_offered" where the operation can't select by number.
func (s *Source) RequestNumbers(numbers []string, at time.Time, page connector.PageRef, params item.Value, answers item.Answers, flowID, runID string) ([]byte, error) {
	if s.Requests.ByNumbers == nil {
		return nil, s.NoNumbers()
	}
	scope := s.pageScope(at, at, page, params, flowID, runID)
	scope.Answers = answers
	out, err := s.Requests.ByNumbers.Append(nil, scope)
	if err != nil {
		return nil, err
	}
	by := s.Operation.ByNumber.Param
	var list []byte
	if f := field.Find(s.Operation.Request, by); f != nil && f.Type == field.Array {
		list = []byte{'['}
		for i, number := range numbers {
			if i > 0 {
				list = append(list, ',')
			}
			list = item.AppendText(list, number)
		}
		list = append(list, ']')
	} else {
		list = item.AppendText(nil, strings.Join(numbers, ","))
	}
	out = out[:len(out)-1]
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(item.AppendText(out, by), ':')
	return append(append(out, list...), '}'), nil
}

// NoNumbers says that the source's operation can't select by number, nil where it can.
func (s *Source) NoNumbers() *fault.Fault {
	if s.Requests.ByNumbers != nil {
		return nil
	}
	return fault.New("source.by_number_not_offered", "%s can't be asked for documents by their numbers", s.Operation.Title.ZH).
		Classed(fault.Config).Arg("operation", s.Operation.Name).
		Hinted("the connector offers no selection by number for %s: run the flow, which reads what changed", s.Operation.Name)
}

// Names gives what a person may mean by the number of the scope's document: as the
// operation numbers it, as the flow does, and its key.
func (s *Source) Names(scope *value.Scope) []string {
	var names []string
	for _, program := range []*value.Program{s.Named, s.Number, s.Key} {
		if program == nil {
			continue
		}
		if text, err := program.Text(scope); err == nil && text != "" {
			names = append(names, strings.TrimSpace(text))
		}
	}
	return names
}
