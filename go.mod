module github.com/outrigger-io/outrigger

go 1.26.0
