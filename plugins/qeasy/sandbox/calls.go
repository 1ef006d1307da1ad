package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// serve answers one call with its content and message.
func (v *Vendor) serve(r *http.Request, body []byte) (content []byte, message string, err error) {
	if err := v.count(); err != nil {
		return nil, "", err
	}
	if v.o.Broken {
		return nil, "", refuse(broken, "服务器内部错误")
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/api/open/operation/"); ok && r.Method == http.MethodPost {
		content, err = v.first(rest, r, body)
		return content, "success", err
	}
	if len(body) > 0 && item.Check(body) != nil {
		return nil, "", refuse(badRequest, "参数错误: 请求体不是 JSON")
	}
	request := item.Of(body)
	if r.URL.Path == "/v2/oauth" && r.Method == http.MethodPost {
		content, err = v.login(request)
		return content, "success", err
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/v2/open-api/business/")
	id, verb, found := strings.Cut(rest, "/")
	if !ok || !found {
		return nil, "", refuse(missing, "接口不存在")
	}
	if err := v.admit(r.URL.Query().Get("access_token")); err != nil {
		return nil, "", err
	}
	s, err := v.scheme(id)
	if err != nil {
		return nil, "", err
	}
	return v.second(s, r.Method+" "+verb, request)
}

// count keeps to the number of calls in a minute.
func (v *Vendor) count() error {
	now := v.clock()
	v.calls = slices.DeleteFunc(v.calls, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if v.o.PerMinute > 0 && len(v.calls) >= v.o.PerMinute {
		v.calls, v.blocked = nil, now.Add(time.Duration(v.o.PenaltySeconds)*time.Second)
	}
	if now.Before(v.blocked) {
		return refuse(tooMany, "请求过于频繁，请稍后重试")
	}
	v.calls = append(v.calls, now)
	return nil
}

// login gives a token; those before go on living.
func (v *Vendor) login(request item.Value) ([]byte, error) {
	if request.Field("app_key").Text() != AppKey || request.Field("app_secret").Text() != AppSecret {
		return nil, refuse(badCredentials, "app_key 或 app_secret 错误")
	}
	v.logins++
	sum := sha256.Sum256(fmt.Appendf(nil, "token %d", v.logins))
	token := "SBX" + hex.EncodeToString(sum[:20])
	v.tokens[token] = v.clock().Add(time.Duration(v.o.TokenSeconds) * time.Second)
	return fmt.Appendf(nil, `{"access_token":%q,"expires_in":%d}`, token, v.o.TokenSeconds), nil
}

func (v *Vendor) admit(token string) error {
	ends, known := v.tokens[token]
	switch {
	case token == "":
		return refuse(noToken, "缺少 access_token")
	case !known || !v.clock().Before(ends):
		return refuse(badToken, "access_token 无效或已过期")
	}
	return nil
}

func (v *Vendor) scheme(id string) (*scheme, error) {
	s, ok := v.schemes[id]
	switch {
	case !ok:
		return nil, refuse(missing, "方案不存在")
	case s.closed:
		return nil, refuse(forbidden, "无权限访问该方案")
	}
	return s, nil
}

// second serves V2.
func (v *Vendor) second(s *scheme, call string, request item.Value) (content []byte, message string, err error) {
	message = "success"
	if id, ok := strings.CutPrefix(call, "GET find-one/"); ok {
		if at := s.at(id); at >= 0 {
			return v.render(s.rows[at]), message, nil
		}
		if v.o.Missing == "null" {
			return []byte("null"), message, nil
		}
		return nil, "", refuse(missing, "数据不存在")
	}
	switch call {
	case "POST query":
		content, err = v.list(s, request, v.render, v.o.ListAt)
	case "POST data-link":
		content, err = v.list(s, request, v.link, "links")
	case "POST store":
		message = "数据写入成功"
		content, err = v.store(s, request.Field("content"), v.o.IDCheck)
	case "GET dispatch-source", "GET dispatch-target":
		if message = "源平台调度者已激活"; strings.HasSuffix(call, "target") {
			message = "目标平台调度者已激活"
			for n, r := range s.rows {
				if r.status == 0 {
					done := *r
					done.status, s.rows[n] = 2, &done
				}
			}
		}
		v.dispatches++
		content = fmt.Appendf(nil, `{"dispatch_id":"disp_%09d","status":"pending"}`, v.dispatches)
	default:
		err = refuse(missing, "接口不存在")
	}
	return content, message, err
}

func (v *Vendor) render(r *row) []byte {
	if v.o.Rows == "flat" {
		return r.flat()
	}
	return r.nested()
}

// link is the trace of a row.
func (v *Vendor) link(r *row) []byte {
	side := func(adapter, api string, answer []byte) []byte {
		at := seconds(r.created)
		return fmt.Appendf(nil, `{"dispatch":{"trigger_begin":%s,"adapter_class":%q,"trigger_end":%s},`+
			`"job":{"created_at":%s,"handle_at":%s,"response_at":%s,"protocol":"http","SDK":"%s","api":%q,`+
			`"exec":{"url":"https://erp.example.com","method":"POST","header":{"content-type":"application/json"},"content":{}}},"response":%s}`,
			at, adapter, at, at, at, at, "SandboxSDK", api, answer)
	}
	return fmt.Appendf(nil, `{"source":%s,"target":%s}`, side("SourceAdapter", "query", r.content), side("TargetAdapter", "push", []byte(`{"code":0}`)))
}

// list answers a page of V2.
func (v *Vendor) list(s *scheme, request item.Value, render func(*row) []byte, at string) ([]byte, error) {
	ask := func(name string) string { return request.Field(name).Text() }
	found, err := v.ranged(s, ask)
	if err != nil {
		return nil, err
	}
	for name, want := range request.Fields() {
		path, ok := strings.CutPrefix(name, "CONTENT_")
		if !ok {
			continue
		}
		if found, err = filtered(found, "content."+path, want); err != nil {
			return nil, err
		}
	}
	if ask("pageSize") == "" {
		return nil, refuse(badRequest, "参数错误: pageSize")
	}
	return paged(found, ask, render, at)
}

// filtered keeps the rows whose value meets what is wanted; a text may stand anywhere in it.
func filtered(list []*row, path string, want item.Value) (found []*row, err error) {
	for _, r := range list {
		value, met := r.value(path), true
		switch want.Kind() {
		case item.Object:
			for operator, operand := range want.Fields() {
				holds, known := meets(value, operator, operand)
				if !known {
					return nil, refuse(badRequest, "参数错误: 不支持 %s", operator)
				}
				met = met && holds
			}
		case item.String:
			met = strings.Contains(value.Text(), want.Text())
		default:
			met = order(value, want) == 0
		}
		if met {
			found = append(found, r)
		}
	}
	return found, nil
}

// ranged gives the rows that were collected in a range, both ends of which belong to it.
func (v *Vendor) ranged(s *scheme, ask func(string) string) (found []*row, err error) {
	from, err := strconv.ParseInt(ask("begin_at"), 10, 64)
	if err != nil {
		return nil, refuse(badRequest, "参数错误: begin_at")
	}
	to, err := strconv.ParseInt(ask("end_at"), 10, 64)
	if err != nil {
		return nil, refuse(badRequest, "参数错误: end_at")
	}
	for _, r := range s.rows {
		if !r.created.Before(time.Unix(from, 0)) && !r.created.After(time.Unix(to, 0)) {
			found = append(found, r)
		}
	}
	if v.o.NewestFirst {
		slices.Reverse(found)
	}
	return found, nil
}

// paged cuts a page out of the rows.
func paged(list []*row, ask func(string) string, render func(*row) []byte, at string) ([]byte, error) {
	size := 10
	if text := ask("pageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, refuse(badRequest, "参数错误: pageSize 应在 1 到 100 之间")
		}
		size = n
	}
	page, err := strconv.Atoi(ask("page"))
	if err != nil || page < 1 {
		return nil, refuse(badRequest, "参数错误: page 从 1 开始")
	}
	first := min((page-1)*size, len(list))
	raw := []byte{'['}
	for n, r := range list[first:min(first+size, len(list))] {
		if n > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, render(r)...)
	}
	raw = append(raw, ']')
	if at == "content" {
		return raw, nil
	}
	return fmt.Appendf(nil, `{%q:%s,"total":%d,"page":%d,"pageSize":%d}`, at, raw, len(list), page, size), nil
}

// store takes rows.
func (v *Vendor) store(s *scheme, content item.Value, idCheck bool) ([]byte, error) {
	rows := slices.Collect(content.Elements())
	if content.Kind() != item.Array || len(rows) == 0 {
		return nil, refuse(badRequest, "参数错误: content")
	}
	before, inserted, failed := slices.Clone(s.rows), 0, 0
	for _, one := range rows {
		lacking := slices.IndexFunc(s.required, func(name string) bool { return one.Field(name).Blank() })
		switch {
		case lacking < 0:
			if v.keep(s, one, idCheck) {
				inserted++
				continue
			}
		case !v.o.Partial:
			if v.o.Atomic {
				s.rows = before
			}
			return nil, refuse(badRequest, "必填字段缺失: %s", s.required[lacking])
		}
		failed++
	}
	return fmt.Appendf(nil, `{"inserted":%d,"failed":%d}`, inserted, failed), nil
}

// keep stores a row by its id and tells whether it counts as inserted.
func (v *Vendor) keep(s *scheme, one item.Value, idCheck bool) bool {
	now, id := v.clock(), one.Field("id").Text()
	if id == "" {
		id = hexID(fmt.Sprintf("row %d", len(s.rows)))
	}
	content := slices.Clone(one.Raw())
	if at := s.at(id); at >= 0 {
		known := *s.rows[at]
		s.rows[at] = &known
		if idCheck {
			known.status = 1
			return v.o.SkippedAs == "inserted"
		}
		known.content, known.updated, known.status = content, now, 0
		return true
	}
	s.rows = append(s.rows, &row{id: id, number: one.Field("FNumber").Text(), created: now, updated: now, content: content})
	return true
}

var condition = regexp.MustCompile(`^condition\[([^\[\]]+)\]\[(\$[a-z]+)\]$`)

// first serves V1: a query needs the scheme's token, a push none.
func (v *Vendor) first(rest string, r *http.Request, body []byte) ([]byte, error) {
	id, verb, query := strings.Cut(rest, "/")
	s, err := v.scheme(id)
	if err != nil {
		return nil, err
	}
	if !query {
		if item.Check(body) != nil {
			return nil, refuse(badRequest, "参数错误: 请求体不是 JSON")
		}
		request := item.Of(body)
		return v.store(s, request.Field("content"), request.Field("idCheck").Text() == "true")
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case verb != "query":
		return nil, refuse(missing, "接口不存在")
	case err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		return nil, refuse(badRequest, "参数错误: 请求体不是表单")
	case !slices.Contains([]string{Token, InboxToken}, form.Get("token")):
		return nil, refuse(badToken, "Token 无效或已过期")
	case form.Get("token") != s.token:
		return nil, refuse(forbidden, "无权限访问该方案")
	}
	found, err := v.ranged(s, form.Get)
	if err != nil {
		return nil, err
	}
	for name := range form {
		at := condition.FindStringSubmatch(name)
		if at == nil || at[1] == "id" && !v.o.FindsID {
			continue
		}
		want := fmt.Appendf(nil, `{%q:%s}`, at[2], item.AppendText(nil, form.Get(name)))
		if found, err = filtered(found, at[1], item.Of(want)); err != nil {
			return nil, err
		}
	}
	return paged(found, form.Get, v.render, "rows")
}
