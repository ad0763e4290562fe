import Programs

Programs.main(cells: [LeakyCell()], datasets: [Signs()], tokenizers: [SignTokenizer.self])
