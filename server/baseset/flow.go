package baseset

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// flowID is the id of the flow of a query: the same each time, so that there is one.
func flowID(connection string, set Set) string {
	text, _ := json.Marshal([]string{"baseset", connection, set.Operation, set.Form}) // texts can always be written
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// incremental says that a query can be asked for what changed alone.
func incremental(op *manifest.Operation) bool { return op.Window != nil && op.Window.From != "" }

// schedule reads changes hourly and everything nightly. The minute is the flow's own, so
// that the flows of a system do not all begin at once.
func schedule(id string, op *manifest.Operation) string {
	sum := sha256.Sum256([]byte(id))
	minute := strconv.Itoa(int(sum[0]) % 60)
	if incremental(op) {
		return minute + " * * * *"
	}
	return minute + " " + strconv.Itoa(1+int(sum[1])%5) + " * * *"
}

// begin is where the first reading begins: before everything, or as far back as a
// vendor that answers short spans alone is asked in some hundred calls.
func begin(op *manifest.Operation, now time.Time) string {
	if op.Window.Span > 0 {
		return now.AddDate(-10, 0, 0).Format(time.DateOnly) + " 00:00:00"
	}
	return "2000-01-01 00:00:00"
}

type param struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

type source struct {
	Operation string  `json:"operation"`
	StartFrom string  `json:"startFrom,omitempty"`
	OnSeen    string  `json:"onSeen"`
	Params    []param `json:"params,omitempty"`
}

// written is the flow's document: a source and the end of what is only collected. Key, number and
// time of change are those that the manifest declares.
func written(id, connection string, m *manifest.Manifest, o offered, language string, now time.Time) []byte {
	read := source{Operation: o.Operation, OnSeen: "revise"}
	if o.form != "" {
		read.Params = append(read.Params, param{o.form, o.Form})
	}
	if o.op.Selects {
		for _, f := range o.columns {
			read.Params = append(read.Params, param{f.Name, pathOf(f)})
		}
	}
	if o.op.Window != nil {
		read.StartFrom = begin(o.op, now)
	}
	if incremental(o.op) {
		w := o.op.Window
		read.Params = append(read.Params, param{w.From, "{{LAST_SYNC_TIME|" + w.Format + "}}"}, param{w.To, "{{WINDOW_END|" + w.Format + "}}"})
	}
	base, title, rows, end := "基础资料", o.title.ZH, "查询", "只收集"
	if language == "en" {
		base, title, rows, end = "Base data", english(o.title), "Query", "Collect only"
	}
	settings, _ := json.Marshal(read) // texts can always be written
	doc := flow.Document{
		APIVersion: flow.APIVersion, Kind: flow.Kind,
		Metadata: flow.Metadata{ID: id, Title: base + " · " + title + " · " + connection, Labels: map[string]string{"baseData": o.object}},
		Spec: flow.Spec{
			Settings: flow.Settings{Timezone: m.TimeZone},
			Triggers: []flow.Trigger{{Schedule: schedule(id, o.op)}, {Manual: true}},
			Nodes: []flow.Node{
				{ID: "rows", Type: "source", Title: rows + " " + title, Connection: connection, Settings: settings},
				{ID: "end", Type: "discard", Title: end},
			},
			Edges: []flow.Edge{{From: "rows", To: "end"}},
		},
	}
	return doc.JSON()
}

func english(t field.Text) string {
	if t.EN != "" {
		return t.EN
	}
	return t.ZH
}

func pathOf(f field.Field) string {
	if f.Path != "" {
		return f.Path
	}
	return f.Name
}
