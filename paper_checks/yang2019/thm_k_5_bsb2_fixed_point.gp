# The three entries of the fixed point that sets one sample apart against the batch size: theorem K.5 (lines), and the image of another matrix of that form under one layer (points).
set title "BSB2 fixed point with one sample apart, ".setting("phi")
set xlabel "batch size B"
set ylabel "entry"
set logscale x
set xrange [2.8:42]
set xtics (3, 5, 10, 20, 40)
plot 0 with lines linestyle 8, \
     table using "B":"d" with lines linestyle 1 title "d*", "" using "B":"c" with lines linestyle 3 title "c*", "" using "B":"b" with lines linestyle 4 title "b*", \
     "" using "B":"d_image" with points linestyle 2 title "one layer", "" using "B":"c_image" with points linestyle 2, "" using "B":"b_image" with points linestyle 2
