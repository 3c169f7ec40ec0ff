package pricing

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"example.com/orders/internal/store"
)

var lines = []store.Line{{SKU: "A-1", Quantity: 3, Price: 499}, {SKU: "B-2", Quantity: 60, Price: 1250}, {SKU: "C-3", Quantity: 10, Price: 70}}

func TestTotals(t *testing.T) {
	if got := Total(lines); got != 1497+72000+686 {
		t.Errorf("Total = %d", got)
	}
	if got := Steps(); !reflect.DeepEqual(got, []int{10, 50, 100, 500}) {
		t.Errorf("Steps = %v", got)
	}
	want := []Charge{{"3 x A-1", 1497}, {"VAT 19 %", 284}, {"60 x B-2", 72000}, {"VAT 19 %", 13680}, {"10 x C-3", 686}, {"VAT 19 %", 130}}
	if got := Invoice(lines, "DE"); !reflect.DeepEqual(got, want) {
		t.Errorf("Invoice = %v", got)
	}
	if Invoice(nil, "DE") != nil {
		t.Error("invoice without lines is not nil")
	}
	amounts, sku := Best(lines)
	if len(amounts) != 3 || sku != "B-2" || amounts[2] != (Charge{"C-3", 686}) {
		t.Errorf("Best = %v, %q", amounts, sku)
	}
	orders := []store.Order{{Lines: lines[:1]}, {Lines: lines[1:2]}, {Lines: lines[2:]}}
	if m, none := Median(orders), Median(nil); m != 1497 || none != 0 {
		t.Errorf("Median = %d, without orders %d", m, none)
	}
	if countries, text := vatCountries([]int{20, 7}); !reflect.DeepEqual(countries, []string{"FR", "?"}) || text != "FR;?;" {
		t.Errorf("vatCountries = %v, %q", countries, text)
	}
}

func TestFormat(t *testing.T) {
	for cents, want := range map[int64]string{0: "0.00", 99999: "999.99", 100000: "1,000.00", -123456789: "-1,234,567.89"} {
		if got := Format(cents); got != want {
			t.Errorf("Format(%d) = %q, want %q", cents, got, want)
		}
	}
}

func TestLoadPrices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.json")
	if _, _, err := LoadPrices(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for text, want := range map[string][]string{`{}`: nil, `{"B":2,"A":1}`: {"A", "B"}} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if prices, skus, err := LoadPrices(path); err != nil || !reflect.DeepEqual(skus, want) || len(prices) != len(want) {
			t.Errorf("LoadPrices(%s) = %v, %#v, %v", text, prices, skus, err)
		}
	}
}

func BenchmarkInvoice(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Invoice(lines, "DE")
	}
}
