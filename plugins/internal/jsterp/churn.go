package jsterp

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// churnAfter modifies refunds as the options say, after the page was read. The
// rows of the page keep the bytes they had.
func (e *ERP) churnAfter(p *jsttable.Page, c Churn) {
	e.pages++
	served := slices.Clone(p.Rows)
	for i, r := range served {
		e.served[r.ID] = true
		before := *r
		served[i] = &before
	}
	inPage := p.Rows
	p.Rows = served
	if c.Every <= 0 || e.pages%c.Every != 0 {
		return
	}
	candidates := inPage
	if c.Pick == "ahead" {
		candidates = slices.DeleteFunc(slices.Clone(p.All), func(r *jsttable.Record) bool { return e.served[r.ID] })
	}
	changed := 0
	for _, r := range e.refunds {
		if changed == c.Rows || e.churned == c.Total {
			return
		}
		// Only plain ones, so that the counts of the special kinds stay.
		if r.kind == plain && slices.Contains(candidates, &r.Record) {
			e.modify(r)
			changed++
		}
	}
}

// modify changes a refund as a clerk at the shop would.
func (e *ERP) modify(r *refund) {
	e.churned++
	e.version++
	r.Modified, r.Version = e.now(), e.version
	r.remark += "（读取期间修改第" + strconv.Itoa(e.churned) + "次）"
	r.Raw = r.render()
}
