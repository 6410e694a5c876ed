"""上海教育数据标准: code sets and data elements, versioned, dated, open to machines."""
