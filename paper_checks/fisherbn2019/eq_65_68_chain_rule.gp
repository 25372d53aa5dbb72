# The mean output's derivative along the gradient that (66) gives for a layer's parameters, over the squared length of that gradient. It would be 1 (grey line) if the statistics did not move. Points: numerical derivatives; crosses: the live rule. Biases have none.
set title "Derivatives through the statistics of a batch"
set xlabel "layer l"
set ylabel "derivative / |printed gradient|²"
set xtics 1
set yrange [-0.1:1.1]
@tight
@two_rows
names = "tanh,_weights relu,_weights tanh,_biases relu,_biases"
plain(i) = system("echo '".word(names, i)."' | tr _ ' '")
plot 1 with lines linestyle 8 title "as printed", \
     for [i=1:4] table using (column("l") + 0.06 * (i - 2.5)):(pick(plain(i), column("measured"))) with points linetype i + 1 pointtype 7 pointsize 0.9 title plain(i), \
     for [i=1:4] "" using (column("l") + 0.06 * (i - 2.5)):(pick(plain(i), column("live"))) with points linestyle 1 pointtype 2 pointsize 0.9
