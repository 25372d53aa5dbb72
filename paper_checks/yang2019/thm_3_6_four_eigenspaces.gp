# All $B(B+1)/2$ eigenvalues of one projected ultrasymmetric operator with random entries by LAPACK, in increasing order (points); the lines are the four numbers claimed. Colours tell
# the spaces.
set title "One random operator, B = ".setting("B")
set xlabel "index"
set ylabel "eigenvalue"
set offsets graph 0.03, graph 0.03, graph 0.1, graph 0.1
s = "kernel G L M"
style(i) = word("8 1 3 4", i) + 0
plot for [i=1:4] table using "index":(pick(word(s, i), column("claimed"))) with lines linestyle style(i) dashtype 1, \
     for [i=1:4] "" using "index":(pick(word(s, i), column("eigenvalue"))) with points linestyle style(i) pointtype 7 pointsize 0.8 title word(s, i)
