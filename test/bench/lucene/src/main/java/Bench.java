import java.io.BufferedReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.Field;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/** Indexes a file of passages and asks a file of questions, as `bench engine` does. Prints a measure as JSON. */
public class Bench {
  static final int TOP = 10;
  static final Analyzer ANALYZER = new EnglishAnalyzer();

  public static void main(String[] args) throws Exception {
    Path dir = Files.createTempDirectory(Path.of(args[2]), "lucene");
    try (Directory directory = new MMapDirectory(dir)) {
      measure(directory, Path.of(args[0]), Path.of(args[1]));
    } finally {
      try (var files = Files.walk(dir)) {
        for (Path p : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(p);
      }
    }
  }

  static void measure(Directory directory, Path passages, Path questions) throws Exception {
    long start = System.nanoTime();
    double cpu = cpu();
    int count = build(directory, passages);
    double wall = (System.nanoTime() - start) / 1e9;
    double used = cpu() - cpu;
    double peak = memory("VmHWM");

    List<String> asked = Files.readAllLines(questions);
    long[] took = new long[5 * asked.size()];
    long[] best = new long[asked.size()];
    Arrays.fill(best, Long.MAX_VALUE);
    long found = 0;
    int n = 0;
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null);
      for (int pass = 0; pass < 8; pass++) { // the first three warm up the virtual machine
        for (int i = 0; i < asked.size(); i++) {
          long begun = System.nanoTime();
          int hits = searcher.search(query(asked.get(i)), TOP).scoreDocs.length;
          if (pass >= 3) {
            took[n] = System.nanoTime() - begun;
            best[i] = Math.min(best[i], took[n++]);
            found += hits;
          }
        }
      }
    }
    Arrays.sort(took);
    Arrays.sort(best);
    System.out.printf(Locale.ROOT,
        "{\"engine\":\"lucene\",\"passages\":%d,\"build_wall_s\":%f,\"build_cpu_s\":%f,\"peak_rss_mib\":%f,"
            + "\"search_rss_mib\":%f,\"p50_ms\":%f,\"p95_ms\":%f,\"p99_ms\":%f,\"best_p50_ms\":%f,\"best_p95_ms\":%f,\"best_p99_ms\":%f,\"questions\":%d,\"found\":%f}%n",
        count, wall, used, peak, memory("VmRSS"), at(took, 0.5), at(took, 0.95), at(took, 0.99), at(best, 0.5), at(best, 0.95), at(best, 0.99), n, (double) found / n);
  }

  static int build(Directory directory, Path passages) throws Exception {
    IndexWriterConfig config = new IndexWriterConfig(ANALYZER).setRAMBufferSizeMB(256);
    FieldType type = new FieldType();
    type.setTokenized(true);
    type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
    type.freeze();
    int count = 0;
    try (IndexWriter writer = new IndexWriter(directory, config); BufferedReader lines = Files.newBufferedReader(passages)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Document d = new Document();
        d.add(new Field("text", line.replace('\t', '\n'), type));
        writer.addDocument(d);
        count++;
      }
      writer.commit();
    }
    return count;
  }

  static BooleanQuery query(String question) throws Exception {
    BooleanQuery.Builder b = new BooleanQuery.Builder();
    List<String> seen = new ArrayList<>();
    try (TokenStream tokens = ANALYZER.tokenStream("text", question)) {
      CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (tokens.incrementToken()) {
        if (!seen.contains(term.toString())) {
          seen.add(term.toString());
          b.add(new TermQuery(new Term("text", term.toString())), BooleanClause.Occur.SHOULD);
        }
      }
      tokens.end();
    }
    return b.build();
  }

  static double cpu() {
    var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return os.getProcessCpuTime() / 1e9;
  }

  static double memory(String key) throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(key + ":")) return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
    }
    return 0;
  }

  static double at(long[] sorted, double share) {
    return sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))] / 1e6;
  }
}
