"""What both APIs share of documents and chunks: checks of input, forms of output."""
