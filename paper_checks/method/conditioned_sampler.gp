# Kolmogorov-Smirnov distances between conditioned and dense networks, for every feature of every layer and setting, in the order of the table (points), by feature; sorted p-values
# against what equal laws would give (line) below.
@upper
set title sprintf("%s networks drawn each way", setting("networks"))
set ylabel "distance"
set yrange [0:*]
stats table using "distance" nooutput
n = STATS_records
names = "covariance covariance gradient direction weights"
plot for [f=1:4] table using 0:(column("feature") == f ? column("distance") : NaN) with points linetype f title word(names, f + 1), \
     sqrt(log(2e4 * n) / setting("networks")) with lines linestyle 8 title "allowed"
@lower
set xlabel "p-value"
set ylabel "share below"
set xrange [0:1]
set yrange [0:1]
plot x with lines linestyle 8, "< sed '/^$/d' '".table."'" using "p":(1. / n) smooth cumulative with lines linestyle 3
