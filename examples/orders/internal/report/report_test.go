package report

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/orders/internal/store"
)

var sample = []Row{
	{ID: 9, Customer: "Customer 17", Country: "DE", Status: "placed", Placed: "2024-05-02 09:30", Items: 21, Total: 123456},
	{ID: 10, Customer: "Customer \"3\", north", Country: "FR", Status: "draft", Placed: "2024-05-02 10:30", Items: 1, Total: 5, Note: " call  before delivery "},
	{ID: 11, Customer: "Kundin & Söhne \xff\"", Country: "DE", Status: "shipped", Placed: "2024-05-03 00:00", Items: 60, Total: 100},
}

func TestRows(t *testing.T) {
	if Rows(nil, nil) != nil {
		t.Error("no orders give rows that are not nil")
	}
	at := time.Date(2024, 5, 2, 11, 30, 0, 0, time.FixedZone("CEST", 7200))
	orders := []store.Order{{ID: 9, Customer: 17, Status: store.Placed, Placed: at, Lines: []store.Line{{Quantity: 1, Price: 100}, {Quantity: 10, Price: 100}}}}
	got := Rows(orders, map[int]store.Customer{17: {ID: 17, Name: "Customer 17", Country: "DE"}})
	want := []Row{{ID: 9, Customer: "Customer 17", Country: "DE", Status: "placed", Placed: "2024-05-02 09:30", Items: 11, Total: 1080}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Rows = %+v", got)
	}
}

func TestCSV(t *testing.T) {
	const head = "id,customer,country,status,placed,items,total\n"
	if got := CSV(nil); got != head {
		t.Errorf("empty CSV = %q", got)
	}
	want := head +
		"9,Customer 17,DE,placed,2024-05-02 09:30,21,1234.56\n" +
		"10,\"Customer \"\"3\"\", north\",FR,draft,2024-05-02 10:30,1,0.05\n" +
		"11,\"Kundin & Söhne \uFFFD\"\"\",DE,shipped,2024-05-03 00:00,60,1.00\n"
	if got := CSV(sample); got != want {
		t.Errorf("CSV = %q\nwant  %q", got, want)
	}
	if got := cells(nil); got == nil {
		t.Error("cells of no rows are nil")
	}
	for _, upper := range []bool{false, true} {
		short, full := Header(upper)
		if len(short) != 7 || len(full) != 8 || full[7] != "note" || (short[0] == "ID") != upper {
			t.Errorf("Header(%v) = %v, %v", upper, short, full)
		}
	}
}

func TestNotes(t *testing.T) {
	var out strings.Builder
	rows := append([]Row{{ID: 4, Note: "one"}}, sample...)
	if err := Notes(&out, rows); err != nil || out.String() != "4: one\n10: call before delivery\n" {
		t.Errorf("Notes = %q, %v", out.String(), err)
	}
}

func TestHTML(t *testing.T) {
	want := "<!DOCTYPE html>\n<html><head><title>A &amp; B</title></head>\n<body>\n<table>\n" +
		"<tr><th>id</th><th>customer</th><th>country</th><th>status</th><th>placed</th><th>items</th><th>total</th></tr>\n" +
		"<tr><td>9</td><td>Customer 17</td><td>DE</td><td>placed</td><td>2024-05-02 09:30</td><td>21</td><td>1234.56</td></tr>\n" +
		"<tr><td>10</td><td>Customer &#34;3&#34;, north</td><td>FR</td><td>draft</td><td>2024-05-02 10:30</td><td>1</td><td>0.05</td></tr>\n" +
		"</table>\n</body></html>\n"
	if got := HTML("A & B", sample[:2]); got != want {
		t.Errorf("HTML = %q\nwant   %q", got, want)
	}
	if got := Badges(sample[:2]); got != "<ul><li>DE 1,234.56</li><li>FR 0.05</li></ul>" {
		t.Errorf("Badges = %q", got)
	}
}

func TestText(t *testing.T) {
	want := "     9  Customer 17    placed       1,234.56 *\n" +
		"    10  Customer \"3\", north draft            0.05 \n" +
		strings.Repeat("-", 40) + "\n2 orders, 1,234.61\nDE 1,234.56\nFR 0.05\n"
	if got := Summary(sample[:2]); got != want {
		t.Errorf("Summary = %q\nwant      %q", got, want)
	}
	if rule(200, '=') != strings.Repeat("=", 80) || rule(3, '-') != "---" {
		t.Error("rule has the wrong length")
	}
	pages := strings.Split(Summary(many(300)), "\f")
	if len(pages) != 4 || len(pages[0]) != 4019 || len(pages[1]) != 4017 {
		t.Errorf("300 orders are printed on %d pages, the first with %d characters", len(pages), len(pages[0]))
	}
	if got := Wrap("the goods stay our property", 10); !reflect.DeepEqual(got, []string{"the goods", "stay our", "property"}) {
		t.Errorf("Wrap = %q", got)
	}
	if Wrap(" ", 10) != nil {
		t.Error("Wrap of nothing is not nil")
	}
	if got := Concat([]string{"a", "", "bc"}); got != "abc" {
		t.Errorf("Concat = %q", got)
	}
	lines := make(chan string, 2)
	lines <- "total"
	lines <- "a long label"
	close(lines)
	if got := Gather(lines); got != "total.....\na long label\n" {
		t.Errorf("Gather = %q", got)
	}
}

func many(n int) []Row {
	s := store.Seed(40, 30, n)
	return Rows(s.Find(store.Filter{}), s.Customers())
}

func BenchmarkReports(b *testing.B) {
	rows := many(300)
	for name, f := range map[string]func(){
		"CSV":     func() { CSV(rows) },
		"HTML":    func() { HTML("Orders", rows) },
		"Summary": func() { Summary(rows) },
		"Badges":  func() { Badges(rows) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				f()
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	s := store.Seed(40, 30, 300)
	orders, customers := s.Find(store.Filter{}), s.Customers()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		Rows(orders, customers)
	}
}
