package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/books"
	"github.com/karezflow/karez/sdk/item"
)

// maxRequest bounds the body of a request.
const maxRequest = 64 << 20

// ServeHTTP serves the WebAPI: POST {/k3cloud/}{service}.{method}.common.kdsvc,
// the path in any case and the body in any content type, as clients really send it.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const prefix, suffix = "/k3cloud/kingdee.bos.webapi.servicesstub.", ".common.kdsvc"
	path := strings.ToLower(r.URL.Path)
	service, method, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(path, prefix), suffix), ".")
	if !strings.HasPrefix(path, prefix) || !strings.HasSuffix(path, suffix) || !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	over := s.enter(method)
	defer s.leave(method)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil || item.Check(body) != nil || item.Of(body).Kind() != item.Object {
		send(w, []byte("response_error:请求内容不是有效的JSON"))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch service {
	case "authservice":
		s.auth(w, method, item.Of(body))
	case "dynamicformservice":
		s.call(w, r, method, item.Of(body), over)
	default:
		send(w, []byte("response_error:服务不存在 "+service))
	}
}

// enter counts a writing call and tells whether there are too many at once.
func (s *Sandbox) enter(method string) (over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isWrite(method) {
		return false
	}
	s.writers++
	return s.set.MaxWriters > 0 && s.writers > s.set.MaxWriters
}

func (s *Sandbox) leave(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isWrite(method) {
		s.writers--
	}
}

func (s *Sandbox) auth(w http.ResponseWriter, method string, root item.Value) {
	switch method {
	case "validateuser", "loginbyappsecret", "loginbysign":
		s.login(w, method, root)
	default:
		send(w, []byte("response_error:方法不存在 "+method))
	}
}

// call serves DynamicFormService. The caller holds mu.
func (s *Sandbox) call(w http.ResponseWriter, r *http.Request, method string, root item.Value, over bool) {
	if signed := r.Header.Get("X-Kd-Appkey") != ""; signed {
		if !s.signedWell(w, r, method) {
			return
		}
	} else {
		id, ok := s.session(r)
		if !ok {
			s.counts["sessionsLost"]++
			send(w, s.lost(method))
			return
		}
		if s.set.ReissueCookie {
			giveSession(w, id)
		}
	}
	switch {
	case s.set.Exceptions > 0:
		s.set.Exceptions--
		send(w, []byte("response_error:服务器内部异常：未将对象引用设置到对象的实例"))
	case s.limited():
		s.counts["limited"]++
		send(w, refuse(method, codeCallLimit, "调用次数超过限制，请稍后再试"))
	case over:
		s.counts["busy"]++
		send(w, refuse(method, codeBusy, "网络控制冲突：其他用户正在操作，请稍后再试"))
	default:
		send(w, s.serve(method, root))
	}
}

// limited counts a call against the call limit.
func (s *Sandbox) limited() bool {
	limit := s.set.CallLimit
	if limit.Calls <= 0 {
		return false
	}
	now := s.clock()
	if now.Sub(s.spanBegan) >= time.Duration(limit.Seconds)*time.Second {
		s.spanBegan, s.spanCalls = now, 0
	}
	s.spanCalls++
	return s.spanCalls > limit.Calls
}

func (s *Sandbox) serve(method string, root item.Value) []byte {
	c, ok := readCall(method, root)
	switch {
	case !ok:
		return refuse(method, books.BadParameter, "请求参数不正确")
	case c.form == "":
		return refuse(method, codeNoForm, "业务对象标识不能为空")
	case !s.books.Knows(c.form):
		return refuse(method, books.NotThere, "业务对象["+c.form+"]不存在")
	}
	if isWrite(method) {
		s.writeCalls[method]++
	}
	body, refusal := s.carryOut(method, c)
	if refusal != nil {
		return refuse(method, refusal.Code, refusal.Message)
	}
	return body
}

func (s *Sandbox) carryOut(method string, c call) ([]byte, *books.Refusal) {
	var outcomes []books.Outcome
	var refusal *books.Refusal
	switch method {
	case "executebillquery", "billquery":
		return s.books.Query(c.form, c.data, method == "billquery")
	case "view":
		seen, refusal := s.books.View(c.form, c.data)
		return encode(envelope{Result: result{Result: seen}}), refusal
	case "querybusinessinfo":
		r := s.answer(nil)
		r.NeedReturnData = json.RawMessage(s.books.Info(c.form))
		return encode(envelope{Result: r}), nil
	case "allocate":
		outcomes, refusal = s.books.Allocate(c.form, c.data)
	case "push":
		if outcomes, refusal = s.books.Push(c.form, c.data); refusal == nil {
			return encode(s.converted(s.answer(outcomes))), nil
		}
	case "batchsave":
		outcomes, refusal = s.books.Save(c.form, books.Many, c.data)
	case "save":
		outcomes, refusal = s.books.Save(c.form, books.One, c.data)
	case "draft":
		outcomes, refusal = s.books.Save(c.form, books.Draft, c.data)
	case "submit", "audit", "unaudit", "delete":
		outcomes, refusal = s.books.Operate(c.form, books.Action(method), c.data)
	default:
		return []byte("response_error:方法不存在 " + method), nil
	}
	r := s.answer(outcomes)
	if one := r.ResponseStatus.SuccessEntitys; (method == "save" || method == "draft") && len(one) == 1 {
		r.ID, r.Number = one[0].ID, one[0].Number
	}
	return encode(envelope{Result: r}), refusal
}

// call is a request to a form: its identifier and its data.
type call struct {
	form string
	data item.Value
}

// readCall accepts the body shapes that occur in practice: {formid, data},
// {data} with FormId inside, {parameters: [formId, data]} and the same with
// parameters as a JSON text; data may itself be a JSON text.
func readCall(method string, root item.Value) (call, bool) {
	args, positional, ok := arguments(root)
	if !ok {
		return call{}, false
	}
	c := call{form: root.FieldFold("formid").Text(), data: root.FieldFold("data")}
	switch {
	case !positional:
	case (isQuery(method) || method == "querybusinessinfo") && len(args) == 1:
		c.data = args[0]
	case !isQuery(method) && len(args) == 2:
		c.form, c.data = args[0].Text(), args[1]
	default:
		return call{}, false
	}
	if c.data, ok = opened(c.data); !ok || c.data.Kind() != item.Object {
		return call{}, false
	}
	if c.form == "" {
		c.form = c.data.FieldFold("FormId").Text()
	}
	return c, true
}

// arguments gives the positional parameters when the body has them.
func arguments(root item.Value) (args []item.Value, positional, ok bool) {
	parameters := root.FieldFold("parameters")
	if parameters.Kind() == item.None {
		return nil, false, true
	}
	list, ok := opened(parameters)
	if !ok || list.Kind() != item.Array {
		return nil, true, false
	}
	for e := range list.Elements() {
		args = append(args, e)
	}
	return args, true, true
}

// opened reads a JSON text; other values stay as they are.
func opened(v item.Value) (item.Value, bool) {
	if v.Kind() != item.String {
		return v, true
	}
	raw := []byte(v.Text())
	if item.Check(raw) != nil {
		return item.Value{}, false
	}
	return item.Of(raw), true
}
