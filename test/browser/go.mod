// The workbench's page in a real browser. A module of its own, so that the program
// depends on no driver of browsers.
module github.com/outrigger-io/outrigger/test/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.3
	github.com/chromedp/chromedp v0.23.0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
