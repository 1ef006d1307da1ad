package books

import (
	"fmt"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
)

// seed fills the initial data: it is the same for the same moment.
func (s *Books) seed(now time.Time) {
	old := now.Add(-30 * 24 * time.Hour)
	for _, m := range forms.Masters() {
		s.put(s.tables[strings.ToUpper(m.Form)], old, m.Number, m.Members...)
	}
	for _, p := range forms.Posts() {
		b := s.tables["BD_EMPINFO"].byNumber[p.Employee]
		b.lines = append(b.lines, entry{s.tables["BD_EMPINFO"].nextLine(), fmt.Appendf(nil, `{"FPostDept":{"FNumber":%q},"FIsFirstPost":%t}`, p.Department, p.First)})
	}
	s.tables["BD_EMPINFO"].byNumber[forms.Left].forbidden = "B"
	for i := 1; i <= 60; i++ {
		s.deliver(now.Add(time.Duration(i-60)*10*time.Minute), i)
	}
	for n := 1; n <= 200; n++ {
		s.apply(old, n)
	}
}

// apply adds one audited request for payment. Every fourth has two lines.
func (s *Books) apply(at time.Time, n int) {
	t := s.tables["CN_PAYAPPLY"]
	b := &bill{
		number: t.automatic(), status: audited, created: at, modified: at, approved: at, visible: at,
		head: fmt.Appendf(nil, `{"FDATE":%q,"FPAYORGID":{"FNumber":"100"},"FCURRENCYID":{"FNumber":"PRE001"},"FRECTUNIT":{"FNumber":"VEN00001"},"FDescription":"付款%d"}`,
			at.In(zone()).Format("2006-01-02"), n),
	}
	for k := range 1 + (n+3)%4/3 {
		b.lines = append(b.lines, entry{t.nextLine(), fmt.Appendf(nil, `{"FAPPLYAMOUNTFOR":%d.%02d,"FCOSTID":{"FNumber":"CI001"}}`, 100+n, k)})
	}
	t.add(b)
}

// put adds audited base data; members are names and texts in turn.
func (s *Books) put(t *table, at time.Time, number string, members ...string) {
	w := &writer{}
	w.open('{')
	for i := 0; i+1 < len(members); i += 2 {
		w.text(members[i], members[i+1])
	}
	for _, f := range t.def.Fields {
		if f.Base == "ORG_Organizations" {
			w.member(f.Key, []byte(`{"FNumber":"100"}`))
		}
	}
	t.add(&bill{
		number: number, status: audited, created: at, modified: at, approved: at, visible: at, head: w.close('}'),
	})
}

// deliver adds one audited sales delivery with one to three lines.
func (s *Books) deliver(at time.Time, n int) {
	t := s.tables["SAL_OUTSTOCK"]
	b := &bill{
		number: t.automatic(), status: audited, created: at, modified: at, approved: at, visible: at,
		head: fmt.Appendf(nil, `{"FBillTypeID":{"FNUMBER":"XSCKD01_SYS"},"FDate":%q,"FSaleOrgId":{"FNumber":"100"},"FStockOrgId":{"FNumber":"100"},`+
			`"FCustomerID":{"FNumber":"1000%d"},"FCarriageNO":"SBX%08d","FReceiverName":"收货人%d","FReceiverMobile":"1000000%04d",`+
			`"FReceiverAddress":"示例路%d号","FNote":"","SubHeadEntity":{"FSettleOrgID":{"FNumber":"100"}}}`,
			at.In(zone()).Format("2006-01-02"), n%5+1, n, n, n, n),
	}
	for k := range n%3 + 1 {
		b.lines = append(b.lines, entry{t.nextLine(), fmt.Appendf(nil,
			`{"FMaterialID":{"FNumber":"SKU-%04d"},"FMustQty":%d,"FRealQty":%d,"FPrice":%d.%02d,"FTaxPrice":%d.%02d,"FIsFree":false,`+
				`"FEntryTaxRate":13,"FStockID":{"FNumber":"2"},"FSrcBillNo":"XSDD%06d"}`,
			(n*3+k)%400+1, k+1, k+1, n, k*7, n+1, k*9, n)})
	}
	t.add(b)
}
