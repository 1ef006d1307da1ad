package main

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/http/internal/api"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// linkToken marks a token that is the address of the next page, below the connection's own.
const linkToken = "link:"

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	known := []string{readPages, readOffset, readCursor, readOnce, changesPages, changesOffset, changesCursor, changesOnce}
	if !slices.Contains(known, req.Operation) {
		return connector.Page{}, unknown(req.Operation)
	}
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return connector.Page{}, err
		}
	}
	p := params{item.Of(req.Params)}
	c, err := p.call(http.MethodGet, nothing)
	if err != nil {
		return connector.Page{}, err
	}
	if body := p.all.Field("body"); !body.Blank() {
		if c.Body, err = jsonOf(body); err != nil {
			return connector.Page{}, err
		}
	}
	if err := s.paged(&c, p, req); err != nil {
		return connector.Page{}, err
	}
	answer, err := s.api.Do(ctx, c)
	if err != nil {
		return connector.Page{}, err
	}
	return s.pageOf(answer, p, req)
}

// jsonOf gives a body: JSON as it is, or the JSON that a text holds.
func jsonOf(v item.Value) ([]byte, error) {
	if v.Kind() != item.String {
		return v.Raw(), nil
	}
	raw := []byte(v.Text())
	if item.Check(raw) != nil {
		return nil, fault.New("http.body_invalid", "the body is not JSON").At("body").Classed(fault.Config).Unapplied()
	}
	return raw, nil
}

// paged puts the page into a call.
func (s *session) paged(c *api.Call, p params, req connector.QueryRequest) error {
	_, way, _ := strings.Cut(req.Operation, ".")
	first, err := strconv.Atoi(p.text("firstPage", "1"))
	if err != nil {
		return fault.New("http.value_shape", "the number of the first page is a number").At("firstPage").Classed(fault.Config)
	}
	type mark struct{ param, value string }
	var marks []mark
	switch way {
	case "pages":
		// The engine counts from 1.
		marks = append(marks, mark{p.text("pageParam", "page"), strconv.Itoa(req.Page.Number - 1 + first)})
	case "offset":
		marks = append(marks, mark{p.text("offsetParam", "offset"), strconv.Itoa(req.Page.Offset)})
	case "cursor":
		if link, ok := strings.CutPrefix(req.Page.Token, linkToken); ok {
			return s.follow(c, link)
		}
		if req.Page.Token != "" {
			marks = append(marks, mark{p.text("cursorParam", "cursor"), string(item.AppendText(nil, req.Page.Token))})
		}
	}
	if way != "once" {
		usual := "limit"
		if way == "pages" {
			usual = "page_size"
		}
		marks = append(marks, mark{p.text("sizeParam", usual), strconv.Itoa(req.Page.Size)})
	}
	for _, m := range marks {
		switch {
		case m.param == "-":
		case p.text("pagingIn", "query") == "body":
			if c.Body, err = putNumber(c.Body, m.param, m.value); err != nil {
				return err
			}
		default:
			c.Query = append(c.Query, api.Parameter{Name: m.param, Value: item.Of([]byte(m.value)).Text()})
		}
	}
	return nil
}

// follow makes a call the one that the interface's own link leads to.
func (s *session) follow(c *api.Call, link string) error {
	path, query, _ := strings.Cut(link, "?")
	base := strings.TrimRight(s.api.Base.EscapedPath(), "/")
	below, ok := strings.CutPrefix(path, base+"/")
	if !ok && path != base {
		return elsewhere(link)
	}
	c.Value = nothing
	if strings.Contains(below, "{") {
		return elsewhere(link)
	}
	c.Path, c.Raw, c.Query = below, query, nil
	return nil
}

func elsewhere(link string) error {
	return fault.New("http.next_elsewhere", "the next page is said to be at %s, which is not below the connection's address", link).Classed(fault.Config)
}

// pageOf reads a page out of an answer. The rows stay the interface's bytes.
func (s *session) pageOf(answer api.Answer, p params, req connector.QueryRequest) (connector.Page, error) {
	page := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: answer.Date}
	path := p.text("rows", "")
	switch rows := answer.Body.Path(path); rows.Kind() {
	case item.Array:
		page.Rows = rows.Raw()
	case item.Object: // one record by itself
		page.Rows = slices.Concat([]byte("["), rows.Raw(), []byte("]"))
	case item.Null:
	case item.None:
		if answer.Status == http.StatusNoContent {
			break
		}
		return page, fault.New("http.rows_missing", "the answer holds no rows at %q", path).At("rows").Classed(fault.Config).
			Hinted("give the path of the list in the answer, for example data.list; nothing where the answer is the list")
	default:
		return page, fault.New("http.rows_missing", "what the answer holds at %q is no list", path).At("rows").Classed(fault.Config)
	}
	if at := p.text("totalPath", ""); at != "" {
		total, err := strconv.Atoi(answer.Body.Path(at).Text())
		if err != nil || total < 0 {
			return page, fault.New("http.total_missing", "the answer tells no total at %q", at).At("totalPath").Classed(fault.Config)
		}
		page.Total = total
	}
	if at := p.text("morePath", ""); at != "" {
		page.More = !slices.Contains([]string{"", "false", "0", "null"}, answer.Body.Path(at).Text())
	}
	if _, way, _ := strings.Cut(req.Operation, "."); way == "cursor" {
		var err error
		if page.NextToken, err = s.next(answer, p); err != nil {
			return page, err
		}
		page.More = page.NextToken != ""
		if page.More && page.NextToken == req.Page.Token {
			return page, fault.New("http.cursor_stuck", "the next page is said to be the one that was read").Classed(fault.Config)
		}
	}
	return page, nil
}

// next gives the token of the next page, "" behind the last one.
func (s *session) next(answer api.Answer, p params) (string, error) {
	from := p.text("cursorFrom", "next_cursor")
	if from != "link" {
		if at := p.text("morePath", ""); at != "" && slices.Contains([]string{"", "false", "0", "null"}, answer.Body.Path(at).Text()) {
			return "", nil // some interfaces give a cursor with the last page, too
		}
		return answer.Body.Path(from).Text(), nil
	}
	link := linked(answer.Header)
	if link == "" {
		return "", nil
	}
	u, err := s.api.Base.Parse(link)
	if err != nil || u.Scheme != s.api.Base.Scheme || u.Host != s.api.Base.Host || u.User != nil {
		return "", elsewhere(link)
	}
	return linkToken + u.EscapedPath() + "?" + u.RawQuery, nil
}

// linked gives the address of the next page in a Link header (RFC 8288).
func linked(header http.Header) string {
	for _, line := range header.Values("Link") {
		for rest := line; ; {
			_, inner, found := strings.Cut(rest, "<")
			target, behind, closed := strings.Cut(inner, ">")
			if !found || !closed {
				break
			}
			attrs, _, _ := strings.Cut(behind, "<") // up to the next target
			if isNext(attrs) {
				return target
			}
			rest = behind
		}
	}
	return ""
}

// isNext reports whether the attributes of a link say that it leads to the next page.
func isNext(attrs string) bool {
	for attr := range strings.FieldsFuncSeq(attrs, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(attr, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.Contains(strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)), "next") {
			return true
		}
	}
	return false
}
