package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/books"
)

// Message codes (MsgCode) of the public table for calls refused as a whole.
const (
	codeSessionLost = 1
	codeNoForm      = 5
	codeBusy        = 13
	codeCallLimit   = 14
)

type rowError struct {
	FieldName any    `json:"FieldName"`
	Message   string `json:"Message"`
	DIndex    int    `json:"DIndex"`
}

type success struct {
	ID     any     `json:"Id,omitempty"`
	Number any     `json:"Number"`
	BillNo *string `json:"BillNo,omitempty"`
	DIndex int     `json:"DIndex"`
}

type responseStatus struct {
	ErrorCode       int        `json:"ErrorCode,omitempty"`
	IsSuccess       bool       `json:"IsSuccess"`
	Errors          []rowError `json:"Errors"`
	SuccessEntitys  []success  `json:"SuccessEntitys"`
	SuccessMessages []any      `json:"SuccessMessages"`
	MsgCode         int        `json:"MsgCode"`
}

type result struct {
	ResponseStatus *responseStatus `json:"ResponseStatus"`
	ID             any             `json:"Id,omitempty"`
	Number         any             `json:"Number,omitempty"`
	NeedReturnData any             `json:"NeedReturnData,omitempty"`
	Result         json.RawMessage `json:"Result,omitempty"`
}

type envelope struct {
	Result result `json:"Result"`
	// Convert is Push's own; what it looks like differs by version.
	Convert any `json:"ConvertResponseStatus,omitempty"`
}

// refused is the answer to a call that is refused as a whole.
func refused(code int, message string) envelope {
	return envelope{Result: result{ResponseStatus: &responseStatus{
		ErrorCode: http.StatusInternalServerError, Errors: []rowError{{Message: message}},
		SuccessEntitys: []success{}, SuccessMessages: []any{}, MsgCode: code,
	}}}
}

// nested wraps an answer as queries do.
func nested(e envelope) [][]envelope { return [][]envelope{{e}} }

// refuse gives a refusal in the shape of the method: queries nest it twice.
func refuse(method string, code int, message string) []byte {
	if isQuery(method) {
		return encode(nested(refused(code, message)))
	}
	return encode(refused(code, message))
}

// lost gives the answer to a call without a session, in the configured shape.
func (s *Sandbox) lost(method string) []byte {
	asNested := isQuery(method)
	if s.set.SessionLostForm != "byMethod" {
		asNested = s.set.SessionLostForm == "nested"
	}
	if asNested {
		return encode(nested(refused(codeSessionLost, "会话信息已丢失，请重新登录")))
	}
	return encode(refused(codeSessionLost, "会话信息已丢失，请重新登录"))
}

func isQuery(method string) bool { return method == "executebillquery" || method == "billquery" }

func isWrite(method string) bool {
	switch method {
	case "save", "batchsave", "draft", "submit", "audit", "unaudit", "delete", "push", "allocate":
		return true
	}
	return false
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("response_error:" + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A client that has gone cannot be told.
	_, _ = w.Write(body)
}

// answer puts the outcomes of a call into the server's answer.
func (s *Sandbox) answer(outcomes []books.Outcome) result {
	r := &responseStatus{IsSuccess: true, Errors: []rowError{}, SuccessEntitys: []success{}, SuccessMessages: []any{}}
	whole := result{ResponseStatus: r}
	saved := 0
	var back []json.RawMessage
	for i, o := range outcomes {
		for _, f := range o.Faults {
			if r.IsSuccess {
				r.IsSuccess, r.ErrorCode, r.MsgCode = false, http.StatusInternalServerError, f.Code
			}
			e := rowError{Message: f.Message, DIndex: i}
			if f.Field != "" {
				e.FieldName = f.Field
			}
			r.Errors = append(r.Errors, e)
		}
		if len(o.Faults) > 0 {
			continue
		}
		saved++
		if o.Returned != nil {
			back = append(back, o.Returned)
		}
		if !slices.Contains(s.set.OmitRows, o.Number) {
			r.SuccessEntitys = append(r.SuccessEntitys, s.success(o, i))
		}
	}
	if back != nil {
		whole.NeedReturnData = back
	}
	r.IsSuccess = r.IsSuccess || saved > 0 && s.set.PartialIsSuccess
	if s.set.ReverseAnswers {
		slices.Reverse(r.SuccessEntitys)
	}
	return whole
}

// converted is the answer of Push: the status of the bills that were made, and beside it that
// of the conversion, as an object of the same form or as a list of refusals.
func (s *Sandbox) converted(r result) envelope {
	status := r.ResponseStatus
	if s.set.ConvertStatus == "object" {
		return envelope{Result: r, Convert: status}
	}
	list := make([]any, len(status.Errors))
	for i, e := range status.Errors {
		list[i] = map[string]any{"IsSuccess": false, "Message": e.Message, "Description": ""}
	}
	status.Errors = []rowError{}
	return envelope{Result: r, Convert: list}
}

func (s *Sandbox) success(o books.Outcome, index int) success {
	e := success{ID: o.ID, Number: o.Number, DIndex: index}
	if s.set.IDAsString {
		e.ID = strconv.FormatInt(o.ID, 10)
	}
	if o.Number == "" { // a draft without number
		e.Number = nil
	}
	if slices.Contains(s.set.NoID, o.Number) {
		e.ID = nil
	}
	if s.set.BillNoInSuccess {
		e.BillNo = &o.Number
	}
	return e
}
