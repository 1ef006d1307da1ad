package exports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/document"
)

// shelf holds documents, and lists them by pages.
type shelf struct {
	all   []document.Summary
	err   error
	asked []document.Filter
}

func (s *shelf) List(_ context.Context, f document.Filter) (document.Page, error) {
	s.asked = append(s.asked, f)
	from, _ := strconv.Atoi(f.After)
	to := min(from+f.Limit, len(s.all))
	page := document.Page{Items: s.all[from:to]}
	if to < len(s.all) {
		page.Next = strconv.Itoa(to)
		return page, nil
	}
	return page, s.err
}

func ask(t *testing.T, s *shelf, most int, language, query string) (int, http.Header, []byte) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	words, err := problem.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	mux, answer := http.NewServeMux(), httptest.NewRecorder()
	routes(humago.New(mux, huma.DefaultConfig("", "")), rest.NewKit(words, slog.New(slog.DiscardHandler)), s, titled, most)
	mux.ServeHTTP(answer, httptest.NewRequestWithContext(rest.WithAbout(t.Context(), rest.About{Language: language}), http.MethodGet, "/documents/export"+query, nil))
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	return answer.Code, answer.Header(), answer.Body.Bytes()
}

// titled knows one field of one flow.
func titled(_ context.Context, flow string, chinese bool) map[string]string {
	if flow != "f" {
		return nil
	}
	return map[string]string{"items.sku_id": map[bool]string{true: "商品编码", false: "SKU"}[chinese]}
}

// TestBusinessFields: chosen fields stand behind the other columns, named as the connector names them.
func TestBusinessFields(t *testing.T) {
	s := sample(2)
	s.all[0].Values = []string{"=A1", "7"} // the other's payload was removed
	for query, want := range map[string]string{"flow=f": "商品编码", "": "items.sku_id"} {
		status, _, content := ask(t, s, 10, problem.Chinese, "?format=csv&fields=items.sku_id,extra&"+query)
		all := rows(t, content, spreadsheet.CSV)
		if status != 200 || strings.Join(all[0][12:], " ") != want+" extra" || strings.Join(all[1][12:], " ") != "'=A1 7" || strings.Join(all[2][12:], "") != "" {
			t.Errorf("%d %v", status, all)
		}
	}
	if got := s.asked[0].Fields; strings.Join(got, " ") != "items.sku_id extra" {
		t.Errorf("asked for %v", got)
	}
}

func rows(t *testing.T, content []byte, format spreadsheet.Format) (all [][]string) {
	t.Helper()
	r, err := spreadsheet.Open(bytes.NewReader(content), int64(len(content)), spreadsheet.Options{Format: format, Limits: spreadsheet.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row.Cells)
	}
	return all
}

func sample(n int) *shelf {
	s := &shelf{}
	for i := range n {
		s.all = append(s.all, document.Summary{
			ID: ledger.ID(i + 1), Run: 7, FlowTitle: "退货", Key: "k", Number: "00" + strconv.Itoa(i), State: "rejected", Attention: []string{"uncertain", "warned"},
			Code: "vendor.refused", Message: "no such material", Rev: 2, TargetNumber: "=1+1", Updated: 1_770_000_000_000,
		})
	}
	return s
}

func TestExport(t *testing.T) {
	for _, format := range []spreadsheet.Format{spreadsheet.CSV, spreadsheet.XLSX} {
		t.Run(string(format), func(t *testing.T) {
			s := sample(2*document.MaxLimit + 1)
			status, header, content := ask(t, s, len(s.all), problem.Chinese, "?state=rejected,unmapped&flow=f&timeZone=Asia/Shanghai&format="+string(format))
			all := rows(t, content, format)
			if status != 200 || header.Get("Content-Length") != strconv.Itoa(len(content)) || !strings.Contains(header.Get("Content-Disposition"), "documents."+string(format)) || len(all) != len(s.all)+1 {
				t.Fatalf("%d %v, %d rows", status, header, len(all))
			}
			formula := "=1+1"
			if format == spreadsheet.CSV {
				formula = "'=1+1"
			}
			for i, want := range []string{
				"单号 方案 状态 原因 原因代码 目标单号 需要关注 主键 版次 更新时间 运行 编号", "000 退货 失败 no_such_material vendor.refused " + formula + " 结果不确定、有警告 k 2 2026-02-02_10:40:00 7 1",
			} {
				for at, cell := range strings.Fields(want) {
					if cell = strings.ReplaceAll(cell, "_", " "); all[i][at] != cell && all[i][at] != strings.ReplaceAll(cell, " ", "_") {
						t.Errorf("row %d, cell %d is %q, not %q", i, at, all[i][at], cell)
					}
				}
			}
			if last := all[len(s.all)]; last[11] != strconv.Itoa(len(s.all)) {
				t.Errorf("the last is %q", last)
			}
			for i, f := range s.asked {
				if f.Flow != "f" || len(f.States) != 2 || f.Limit != document.MaxLimit || i > 0 && f.After == "" {
					t.Errorf("asked for %+v", f)
				}
			}
		})
	}
}

func TestNoHalfFile(t *testing.T) {
	broken := sample(document.MaxLimit + 1)
	broken.err = errors.New("the disk is gone")
	for name, one := range map[string]struct {
		shelf  *shelf
		query  string
		status int
		says   string
	}{
		"the second page fails": {broken, "", 500, "internal"},
		"too many":              {sample(11), "?format=csv", 422, "export.too_long"},
		"no such zone":          {sample(1), "?timeZone=Mars/Olympus", 422, "document.filter_unknown"},
		"none":                  {sample(0), "?format=csv", 200, "Number,Flow,State"},
	} {
		t.Run(name, func(t *testing.T) {
			most := 10
			if one.shelf == broken {
				most = 1000
			}
			if status, _, content := ask(t, one.shelf, most, "en", one.query); status != one.status || !strings.Contains(string(content), one.says) {
				t.Errorf("%d %s", status, content)
			}
		})
	}
}

// The console's words are the file's.
func TestWords(t *testing.T) {
	for i, language := range []string{"zh-CN", "en"} {
		text, err := os.ReadFile("../../../frontend/src/shared/i18n/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var said struct {
			DocState  map[string]string `json:"docState"`
			Attention map[string]string `json:"attention"`
		}
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatal(err)
		}
		for _, one := range []struct {
			ours    map[string][2]string
			console map[string]string
		}{{states(), said.DocState}, {marks(), said.Attention}} {
			ours := map[string]string{}
			for name, words := range one.ours {
				ours[name] = words[i]
			}
			if !maps.Equal(ours, one.console) {
				t.Errorf("%s: %v, and the console says %v", language, ours, one.console)
			}
		}
	}
}
