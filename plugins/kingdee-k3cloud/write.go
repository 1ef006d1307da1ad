package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/bill"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	params, err := object(batch.Params, "the parameters of the write")
	if err != nil {
		return connector.Answers{}, err
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, unapplied(err)
	}
	if len(rows) == 0 {
		return connector.Answers{}, nil
	}
	form := params.FieldFold("FormId").Text()
	if form == "" {
		return connector.Answers{}, fault.New("k3cloud.param_required", "the write needs FormId, the business object to write").
			At("FormId").Classed(fault.Config).Unapplied()
	}
	w := &write{batch: batch, form: form, rows: rows, answers: make([]connector.Answer, len(rows))}
	var method string
	var data []byte
	switch batch.Operation {
	case "batchSave", "save", "draft":
		method, data, err = w.save(params)
	case "push":
		method = "Push"
		data, err = w.push(params)
	case "allocate":
		method = "Allocate"
		data, err = w.allocate(params)
	case "submit", "audit", "unaudit", "delete":
		method = map[string]string{"submit": "Submit", "audit": "Audit", "unaudit": "UnAudit", "delete": "Delete"}[batch.Operation]
		data, err = w.operate(params)
	default:
		err = fault.New("k3cloud.operation_unknown", "there is no write named %s", batch.Operation).Classed(fault.Config).Unapplied()
	}
	if err != nil || len(w.sent) == 0 {
		return connector.Answers{Rows: w.answers}, err
	}
	a, err := s.call(ctx, method, formBody(form, data))
	if err != nil {
		return connector.Answers{}, err
	}
	if batch.Operation == "allocate" {
		return w.allocated(a)
	}
	if batch.Operation == "push" {
		a.status.convert(a.root.Field("ConvertResponseStatus"))
	}
	return w.read(ctx, s.host, a)
}

// write is one batch on its way.
type write struct {
	batch   connector.Batch
	form    string
	rows    [][]byte
	answers []connector.Answer
	// sent are the rows in the call, in its order; the others are answered already.
	sent []int
}

// refuse answers a row that is not sent.
func (w *write) refuse(row int, code, field, message string) {
	w.answers[row] = connector.Answer{Outcome: connector.Rejected, Code: code, Field: field, Message: message}
}

// save builds the options and the model. The bytes of rows and options stay.
func (w *write) save(params item.Value) (method string, data []byte, err error) {
	method = "BatchSave"
	if w.batch.Operation != "batchSave" {
		if method = "Save"; w.batch.Operation == "draft" || strings.EqualFold(params.FieldFold("Operation").Text(), "Draft") {
			method = "Draft"
		}
		if len(w.rows) != 1 {
			return "", nil, fault.New("k3cloud.too_many_rows", "%s takes one row a call, not %d", w.batch.Operation, len(w.rows)).
				Classed(fault.Config).Unapplied().Hinted("use batchSave, or set the rows per call to 1")
		}
	}
	data, err = w.options(params, method)
	if err != nil {
		return "", nil, err
	}
	data = append(data, `"Model":`...)
	if method == "BatchSave" {
		data = append(data, '[')
	}
	for i, row := range w.rows {
		if !w.fits(i, item.Of(row)) {
			continue
		}
		if len(w.sent) > 0 {
			data = append(data, ',')
		}
		data = append(data, row...)
		w.sent = append(w.sent, i)
	}
	if method == "BatchSave" {
		data = append(data, ']')
	}
	return method, append(data, '}'), nil
}

// fits refuses rows that would do the opposite of what is asked: the server
// creates a bill for every row without an internal id and changes one for every
// row with it, whatever the caller had in mind.
func (w *write) fits(at int, row item.Value) bool {
	known := bill.FormOf(w.form)
	id, number := identifier(row.FieldFold("FID")), row.FieldFold(known.Number)
	if id == "" && known.Key != "" {
		id = identifier(row.FieldFold(known.Key))
	}
	switch {
	case row.Kind() != item.Object:
		w.refuse(at, "row_not_an_object", "", "a row must be a JSON object")
	case w.batch.Mode == connector.Update && id == "":
		w.refuse(at, "update_without_id", "FID", "the row has no FID, so the system would create a second bill instead of changing one")
	case w.batch.Mode != connector.Update && id != "":
		w.refuse(at, "create_with_id", "FID", "the row has a FID, so the system would change a bill instead of creating one")
	case w.batch.Mode != connector.Update && number.Text() != w.key(at):
		w.refuse(at, "number_is_not_the_key", known.Number,
			fmt.Sprintf("the row's number is %q and its key %q: after a lost answer the key would not be found, and a second bill be created", number.Text(), w.key(at)))
	default:
		return true
	}
	return false
}

// options begins the data object with every parameter but those that are not
// options of the server.
func (w *write) options(params item.Value, method string) ([]byte, error) {
	data := []byte{'{'}
	for name, v := range params.Fields() {
		switch strings.ToUpper(name) {
		case "FORMID":
			continue
		case "TORGIDS": // for the allocation behind a save
			if w.batch.Operation != "allocate" {
				continue
			}
		case "MODEL":
			return nil, fault.New("k3cloud.param_invalid", "Model is made of the mapped rows and cannot be a parameter").
				At("Model").Classed(fault.Config).Unapplied()
		case "OPERATION": // imported schemes name what the call does anyway
			if op := v.Text(); op != "" && !strings.EqualFold(op, "Save") && !strings.EqualFold(op, method) {
				return nil, fault.New("k3cloud.param_invalid", "the operation %s cannot be done by %s", op, w.batch.Operation).
					At("Operation").Classed(fault.Config).Unapplied()
			}
			continue
		}
		if v.Blank() {
			continue
		}
		data = append(item.AppendText(data, name), ':')
		if strings.EqualFold(name, "NeedUpDateFields") || strings.EqualFold(name, "NeedReturnFields") {
			data = appendTexts(data, bill.Texts(v))
		} else {
			data = append(data, v.Raw()...)
		}
		data = append(data, ',')
	}
	return data, nil
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, t := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.AppendText(dst, t)
	}
	return append(dst, ']')
}

// operate builds the request of an action on saved bills: by ids when every row
// has one, else by numbers.
func (w *write) operate(params item.Value) ([]byte, error) {
	data, err := w.options(params, w.batch.Operation)
	if err != nil {
		return nil, err
	}
	ids, numbers := make([]string, 0, len(w.rows)), make([]string, 0, len(w.rows))
	for i, raw := range w.rows {
		row := item.Of(raw)
		if id := rowID(row); id != "" {
			ids = append(ids, id)
		}
		if number := rowNumber(row); number != "" {
			numbers = append(numbers, number)
		}
		w.sent = append(w.sent, i)
	}
	switch len(w.rows) {
	case len(ids):
		data = item.AppendText(append(data, `"Ids":`...), strings.Join(ids, ","))
	case len(numbers):
		data = appendTexts(append(data, `"Numbers":`...), numbers)
	default:
		return nil, fault.New("k3cloud.row_unidentified", "%s needs the Id or the Number of the bill", w.batch.Operation).
			Classed(fault.Data).Unapplied()
	}
	return append(data, '}'), nil
}

// push builds the request that makes other bills of saved ones: the one row's members
// behind the parameters. Several rows would be bills of one answer that names none of them.
func (w *write) push(params item.Value) ([]byte, error) {
	if row := item.Of(w.rows[0]); len(w.rows) > 1 || row.Field("Ids").Blank() && row.Field("Numbers").Blank() && row.Field("EntryIds").Blank() {
		return nil, fault.New("k3cloud.row_unidentified", "%s needs the Id or the Number of the bill", w.batch.Operation).Classed(fault.Data).Unapplied()
	}
	w.sent = []int{0}
	data, err := w.options(params, "Push")
	return append(data, w.rows[0][1:]...), err
}

func rowID(row item.Value) string {
	if id := identifier(row.FieldFold("Id")); id != "" {
		return id
	}
	return identifier(row.FieldFold("FID"))
}

func rowNumber(row item.Value) string {
	if n := row.FieldFold("Number"); !n.Blank() {
		return n.Text()
	}
	return row.FieldFold("FBillNo").Text()
}
