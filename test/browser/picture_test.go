package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"
)

// readmePicture is what the README shows.
const readmePicture = "../../docs/workbench.png"

// maxPicture is how many bytes it may have.
const maxPicture = 200_000

func TestPictureOfTheReadme(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.choose("#sample", "A Deployment with settings of its own")
	p.untilText("#workloads", "Deployment checkout")
	p.until("the added lines", `document.querySelectorAll("#result .cm-added").length > 5`)
	p.clickOn("#result", "service.istio.io/canonical-revision")
	p.point(640, 785)
	p.untilText("#origin", "canonical-revision")
	taken := p.picture("readme")
	if *update {
		if err := os.WriteFile(readmePicture, withFewColours(t, taken), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(readmePicture)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := png.Decode(bytes.NewReader(committed))
	if err != nil {
		t.Fatal(err)
	}
	if size := shown.Bounds().Size(); len(committed) > maxPicture || size != image.Pt(1280, 800) {
		t.Errorf("%s has %d bytes and %v pixels; -update makes it anew", readmePicture, len(committed), size)
	}
}

// withFewColours is a picture in its 256 most frequent colours: on a page of text
// the others are shades at the edges of letters.
func withFewColours(t *testing.T, picture []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.Color]int{}
	bounds := full.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[full.At(x, y)]++
		}
	}
	palette := make(color.Palette, 0, len(count))
	for c := range count {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int { return count[b] - count[a] })
	few := image.NewPaletted(bounds, palette[:min(len(palette), 256)])
	nearest := map[color.Color]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := full.At(x, y)
			index, known := nearest[c]
			if !known {
				index = uint8(few.Palette.Index(c))
				nearest[c] = index
			}
			few.SetColorIndex(x, y, index)
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
