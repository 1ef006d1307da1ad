package books

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// Allocate gives base data to further organisations (分配): each gets an object of its own with
// the same number. There is one outcome for each object and organisation.
func (s *Books) Allocate(form string, data item.Value) ([]Outcome, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	if _, shared := t.def.Field("FCreateOrgId"); !shared {
		return nil, refuse(NotOperable, "业务对象[%s]不支持分配", t.def.ID)
	}
	ids, orgs := split(data.FieldFold("PkIds")), split(data.FieldFold("TOrgIds"))
	if len(ids) == 0 || len(orgs) == 0 {
		return nil, refuse(BadParameter, "参数PkIds和TOrgIds不能为空")
	}
	submit, _ := ksql.ParseBool(data.FieldFold("IsAutoSubmitAndAudit").Text()) // no boolean is no
	var outcomes []Outcome
	for _, id := range ids {
		for _, org := range orgs {
			o, fault := s.allocate(t, id, org, submit)
			if fault != nil {
				o = s.count([]RowFault{*fault})
			}
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

func (s *Books) allocate(t *table, id, org string, submit bool) (Outcome, *RowFault) {
	n, _ := strconv.ParseInt(id, 10, 64) // a text that is no id finds nothing
	m, _ := strconv.ParseInt(org, 10, 64)
	b, to := t.byID[n], s.tables["ORG_ORGANIZATIONS"].byID[m]
	switch {
	case b == nil:
		return Outcome{}, &RowFault{Message: fmt.Sprintf("数据[%s]不存在", id), Code: NotThere, Reason: "not_found"}
	case to == nil:
		return Outcome{}, &RowFault{Message: fmt.Sprintf("目标组织[%s]不存在", org), Code: NotThere, Reason: "base_data"}
	case b.status != audited:
		return Outcome{}, &RowFault{Message: fmt.Sprintf("数据[%s]未审核，不能分配", b.number), Code: NotOperable, Reason: "status"}
	}
	using := func(b *bill) string { return item.Of(b.head).FieldFold("FUseOrgId").FieldFold("FNumber").Text() }
	for _, other := range t.bills {
		if other.number == b.number && using(other) == to.number {
			return Outcome{}, &RowFault{Message: fmt.Sprintf("数据[%s]已分配到组织[%s]", b.number, to.number), Code: NotOperable, Reason: "allocated"}
		}
	}
	now := s.clock()
	of := item.Of(fmt.Appendf(nil, `{"FUseOrgId":{"FNumber":%q}}`, to.number))
	made := &bill{
		number: b.number, status: created, created: now, modified: now, visible: now,
		head: merge(item.Of(b.head), of, "", func(string) bool { return false }),
	}
	if submit {
		made.status, made.approved = audited, now
	}
	t.add(made)
	t.byNumber[b.number] = b // a number names the object of the organisation that made it
	s.Creates++
	return Outcome{ID: made.id, Number: made.number}, nil
}
